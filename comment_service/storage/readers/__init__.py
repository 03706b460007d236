"""Queries on reader accounts, subscriptions and personal data."""
