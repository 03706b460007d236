"""Wrong passwords of staff, counted by keys that say who tried from where."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from comment_service.storage.db.paging import change_some
from comment_service.storage.tables import LoginFailure

FORGOTTEN_AFTER = timedelta(days=1)
"""A key without a new failure for this long starts again at zero."""


def find(session: Session, keys: Iterable[str]) -> Sequence[LoginFailure]:
    """Return the counts of these keys, locked until the end of the transaction."""
    query = select(LoginFailure).where(LoginFailure.key.in_(list(keys)))
    return list(session.scalars(query.order_by(LoginFailure.key).with_for_update()))


def waiting(session: Session, addresses: Iterable[str], now: datetime) -> set[str]:
    """Return those of these addresses (keyed hashes) for which somebody must wait now."""
    query = select(LoginFailure.address).where(
        LoginFailure.address.in_(list(addresses)), LoginFailure.wait_until > now
    )
    return set(session.scalars(query))


def forget_address(session: Session, address: str) -> None:
    """Delete all counts of an address (a keyed hash)."""
    session.execute(delete(LoginFailure).where(LoginFailure.address == address))


def add(session: Session, key: str, address: str, now: datetime) -> LoginFailure:
    """Count a failure under a key and return the row."""
    row = session.get(LoginFailure, key, with_for_update=True)
    if row is None:
        row = LoginFailure(key=key, address=address, count=0, last_at=now)
        session.add(row)
    elif abs(now - row.last_at) > FORGOTTEN_AFTER:  # or last_at is from a clock in the future
        row.count, row.wait_until = 0, None
    row.count, row.last_at = row.count + 1, now
    session.flush()
    return row


def forget(session: Session, keys: Iterable[str]) -> None:
    """Delete the counts of these keys, after a right password."""
    session.execute(delete(LoginFailure).where(LoginFailure.key.in_(list(keys))))


def delete_expired(session: Session, now: datetime, limit: int) -> int:
    """Delete some of the counts that have no failure in the last day; return how many."""
    gone = delete(LoginFailure).where(LoginFailure.last_at < now - FORGOTTEN_AFTER)
    return change_some(session, gone, limit)
