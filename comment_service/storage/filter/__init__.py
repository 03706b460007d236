"""Queries on labels, model versions and filter statistics."""
