"""Use cases: each module is one thing that can happen, in one transaction.

An action takes ``(session, runtime, …)`` by keyword, raises ``errors.*``, flushes and announces; it
never commits. May import screening, storage, identity, text and the ground layer; no Flask.
"""
