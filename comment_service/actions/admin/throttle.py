"""Slow down guessing of staff passwords without keeping anyone out.

Failures are counted by address *and* network, so a stranger's guesses do not stop the owner, who is
on another network. Many networks together are slowed down too; a browser that has signed in before
is counted for itself, and a sign-in link needs no password. Unknown addresses are counted alike.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage.admin import login_failures

FREE_TRIES = 5
"""Wrong passwords from one network, or one known browser, before a wait."""
FREE_TRIES_OF_ALL = 50
"""Wrong passwords for one address from all unknown browsers, before they all wait."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
LONGEST_WAIT_OF_ALL = timedelta(minutes=15)


@dataclass(frozen=True)
class Origin:
    """Where a password comes from: a network, and a known browser ("" for a new one)."""

    network: str
    known_browser: str = ""


def must_wait(session: Session, runtime: Runtime, email: str, origin: Origin) -> bool:
    """Return True if passwords for an address from there are refused unread."""
    now, keys = runtime.now(), _keys(runtime, email, origin)
    rows = login_failures.find(session, keys)
    latest = now + LONGEST_WAIT  # a later time was set by a clock that was wrong
    return any(row.wait_until is not None and now < row.wait_until <= latest for row in rows)


def count_failure(session: Session, runtime: Runtime, email: str, origin: Origin) -> None:
    """Count a wrong password; the last free one starts a wait, and each further one doubles it."""
    now = runtime.now()
    for key, (free, longest) in _keys(runtime, email, origin).items():
        row = login_failures.add(session, key, address_hash(runtime, email), now)
        row.wait_until = _wait_until(row.count - free, longest, now)


def forget_failures(session: Session, runtime: Runtime, email: str, origin: Origin) -> None:
    """Forget the failures from this network and browser, after a right password."""
    login_failures.forget(session, list(_keys(runtime, email, origin))[:1])


def unlock(session: Session, runtime: Runtime, email: str) -> None:
    """Forget all failures for an address, wherever they came from."""
    login_failures.forget_address(session, address_hash(runtime, email))


def address_hash(runtime: Runtime, email: str) -> str:
    """Return the keyed hash under which failures for an address are found."""
    return runtime.keyed_hash("login failures", email.strip().lower())


def _wait_until(excess: int, longest: timedelta, now: datetime) -> datetime | None:
    if excess < 0:
        return None
    wait: timedelta = FIRST_WAIT * 2 ** min(excess, 20)
    return now + min(wait, longest)


def _keys(runtime: Runtime, email: str, origin: Origin) -> dict[str, tuple[int, timedelta]]:
    """Return key → free tries and longest wait; the key of one origin first."""
    address = email.strip().lower()
    if origin.known_browser:
        name = f"{address} browser {origin.known_browser}"
        return {runtime.keyed_hash("login failures", name): (FREE_TRIES, LONGEST_WAIT)}
    return {
        runtime.keyed_hash("login failures", f"{address} network {origin.network}"): (
            FREE_TRIES,
            LONGEST_WAIT,
        ),
        runtime.keyed_hash("login failures", f"{address} all"): (
            FREE_TRIES_OF_ALL,
            LONGEST_WAIT_OF_ALL,
        ),
    }
