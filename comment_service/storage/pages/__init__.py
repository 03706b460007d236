"""Queries on pages, their addresses and lists of pages."""
