"""Verbs: what may happen, one use case a file.

An action takes ``(session, runtime, …)`` by keyword, raises ``errors.*``, flushes and announces; it
never commits. May import screening, storage, identity, text and the ground; no Flask.
"""
