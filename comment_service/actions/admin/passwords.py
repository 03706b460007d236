"""Passwords as argon2 hashes, and the lock that five wrong tries close for a while."""

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from comment_service.storage.db import tokens
from comment_service.storage.tables import Moderator

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FAILURES = 5
LOCK = timedelta(minutes=15)


@cache
def _hasher() -> "PasswordHasher":
    """Return argon2 with the library's current recommendation (RFC 9106, low memory)."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _decoy() -> str:
    """Return a hash of nobody's password: an unknown address must take as long as a known one."""
    return _hasher().hash(tokens.new_token())


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return _hasher().hash(password)


def fits(password_hash: str, password: str) -> bool:
    """Tell whether a password fits; takes as long where there is no hash."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(password_hash or _decoy(), password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def locked(moderator: Moderator, now: datetime) -> bool:
    """Tell whether an account takes neither password nor code just now."""
    return moderator.locked_until is not None and moderator.locked_until > now


def missed(moderator: Moderator, now: datetime) -> None:
    """Count a wrong password or code; the fifth locks the account."""
    moderator.failed_count += 1
    if moderator.failed_count >= FAILURES:
        moderator.failed_count, moderator.locked_until = 0, now + LOCK


def unlock(moderator: Moderator) -> None:
    """Forget the wrong tries, and open the lock."""
    moderator.failed_count, moderator.locked_until = 0, None
