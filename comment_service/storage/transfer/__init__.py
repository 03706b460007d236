"""Queries of imports: their state, and where comments and pages came from."""
