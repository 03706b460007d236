"""Log failures of deliveries: known ones in one line, unknown ones with their traceback."""

import logging

from comment_service.errors import Refusal
from comment_service.fetching import FetchError
from comment_service.storage.db.session import StorageError, describe

KNOWN_FAILURES = (StorageError, OSError, FetchError, Refusal)
"""Failures of the surroundings: database, disk, mail server, network. One line tells them."""


def log_failure(log: logging.Logger, what: str, error: Exception) -> str:
    """Log what failed; return the error as one line to store, without a database's values."""
    told = describe(error)
    if isinstance(error, KNOWN_FAILURES):
        log.warning("%s failed: %s", what, told)
    else:
        log.error("%s failed", what, exc_info=error)
    return told
