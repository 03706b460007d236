"""Evaluation: figures on labelled files, replay of the product's loop, drift."""
