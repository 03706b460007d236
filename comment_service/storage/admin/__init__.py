"""Queries on sites, staff, roles, rules and lists."""
