"""Nouns: what is kept. May import text and the ground; flask only in ``session``."""
