"""Leases of rows that wait for another server, so that two workers never work on one row.

If a worker dies, its lease expires and another worker takes the row. Work on one row that asks
several servers renews the lease before each of them.
"""

from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from comment_service.storage.tables import SyndicatedThread, Webmention, WebmentionPage

LEASE = timedelta(minutes=5)
"""Longer than any request to another server takes."""


Row = TypeVar("Row", Webmention, WebmentionPage, SyndicatedThread)


def lease_next(
    session: Session, table: type[Row], now: datetime, *which: ColumnElement[bool]
) -> Row | None:
    """Lease the row that is due for the longest time; count the attempt."""
    free = or_(table.leased_until.is_(None), table.leased_until < now)
    query = select(table).where(table.due_at <= now, free, *which)
    query = query.order_by(table.due_at, table.id).limit(1)
    row = session.scalar(query.with_for_update(skip_locked=True))
    if row is not None:
        renew(row, now)
        row.attempts += 1
    return row


def renew(row: Webmention | WebmentionPage | SyndicatedThread, now: datetime) -> None:
    """Let the lease of a row begin anew."""
    row.leased_until = now + LEASE
