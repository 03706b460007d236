"""Deliver outbox rows after commit. May import actions, storage, text and the base modules."""
