"""What must happen after a commit: put in the same transaction, leased, retried, given up aloud.

A row is leased before it is delivered, so that two workers never deliver it at once; a worker that
dies lets its lease run out and the row is delivered again (at least once, never lost).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from comment_service.storage.tables import OutboxRow

LEASE = timedelta(minutes=5)
ATTEMPTS = 8
"""With the waits below, a delivery is given up after about a day."""
NEWEST = 1000


def put(
    session: Session,
    kind: str,
    payload: Mapping[str, object],
    now: datetime,
    due: datetime | None = None,
) -> OutboxRow:
    """Owe a delivery, at once or when it is due."""
    row = OutboxRow(kind=kind, payload=dict(payload), created_at=now, due_at=due or now)
    session.add(row)
    return row


def owed(session: Session, kind: str) -> Sequence[Mapping[str, Any]]:
    """Return the payloads of a kind that are neither delivered nor given up."""
    query = select(OutboxRow.payload).where(
        OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.kind == kind
    )
    return list(session.scalars(query))


def lately(session: Session, kind: str, since: datetime) -> Sequence[Mapping[str, Any]]:
    """Return the payloads of a kind put since then, looking at the ``NEWEST`` rows only."""
    newest = select(OutboxRow.id).order_by(OutboxRow.id.desc()).limit(NEWEST).subquery()
    query = select(OutboxRow.payload).join(newest, newest.c.id == OutboxRow.id)
    return list(session.scalars(query.where(OutboxRow.kind == kind, OutboxRow.created_at > since)))


def lease(session: Session, now: datetime, limit: int = 10) -> Sequence[OutboxRow]:
    """Take the next deliveries that are due, for five minutes."""
    query = select(OutboxRow).where(
        OutboxRow.done_at.is_(None),
        OutboxRow.dead_at.is_(None),
        OutboxRow.due_at <= now,
        or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now),
    )
    query = query.order_by(OutboxRow.due_at, OutboxRow.id).limit(limit)
    rows = list(session.scalars(query.with_for_update(skip_locked=True)))
    for row in rows:
        row.leased_until = now + LEASE
        row.attempts += 1
    return rows


def dead(session: Session, limit: int) -> Sequence[OutboxRow]:
    """Return the newest deliveries that were given up."""
    query = select(OutboxRow).where(OutboxRow.dead_at.is_not(None), OutboxRow.done_at.is_(None))
    return list(session.scalars(query.order_by(OutboxRow.id.desc()).limit(limit)))


def revive(session: Session, now: datetime) -> int:
    """Let everything that was given up be tried again from now on; return how many."""
    query = update(OutboxRow).where(OutboxRow.dead_at.is_not(None), OutboxRow.done_at.is_(None))
    values = {"dead_at": None, "attempts": 0, "due_at": now}
    rows = session.execute(query.values(values).execution_options(synchronize_session=False))
    return int(rows.rowcount)  # type: ignore[attr-defined]


def done(row: OutboxRow, now: datetime) -> None:
    """Mark a delivery as made."""
    row.done_at, row.leased_until, row.last_error = now, None, ""


def failed(row: OutboxRow, error: str, now: datetime) -> None:
    """Put a delivery off (1, 4, 16 … minutes, six hours at most) or give it up."""
    row.leased_until, row.last_error = None, error
    if row.attempts >= ATTEMPTS:
        row.dead_at = now
    row.due_at = now + min(timedelta(minutes=4 ** (row.attempts - 1)), timedelta(hours=6))
