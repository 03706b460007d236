"""Queries on comments, likes, reactions and reports."""
