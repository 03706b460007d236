"""Queries on the moderation queue, its filters, cards, notes and history."""
