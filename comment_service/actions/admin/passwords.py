"""Passwords as argon2 hashes, and the lock after five wrong tries of a signed-in person or a code.

Passwords at sign-in are counted by ``throttle`` instead.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from comment_service.storage.db import tokens
from comment_service.storage.tables import Moderator

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MAX_FAILURES = 5
LOCK_TIME = timedelta(minutes=15)


@cache
def _hasher() -> "PasswordHasher":
    """Return argon2 with the library's current recommendation (RFC 9106, low memory)."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _decoy() -> str:
    """Return a hash of a random password, so that unknown addresses take as long as known ones."""
    return _hasher().hash(tokens.new_token())


def hash_password(password: str) -> str:
    """Return the hash of a password."""
    return _hasher().hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Return True if a password matches; takes as long if there is no hash."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(password_hash or _decoy(), password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def is_locked(moderator: Moderator, now: datetime) -> bool:
    """Return True if an account is locked for codes, and for passwords on its own page."""
    return moderator.locked_until is not None and moderator.locked_until > now


def count_failure(moderator: Moderator, now: datetime) -> None:
    """Count a wrong password or code; the fifth one locks the account."""
    moderator.failed_count += 1
    if moderator.failed_count >= MAX_FAILURES:
        moderator.failed_count, moderator.locked_until = 0, now + LOCK_TIME


def unlock(moderator: Moderator) -> None:
    """Reset the failure count and unlock the account."""
    moderator.failed_count, moderator.locked_until = 0, None
