"""Use cases of moderators: decide, undo, bulk actions, notes, replies, spot check."""
