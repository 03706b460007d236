"""Moderation pages: queue, decisions, bulk actions, undo, notes, spot check, overview."""
