"""The outbox: deliveries that are stored in the transaction that causes them, and made afterwards.

A row is leased before it is delivered, so that two workers never deliver it at the same time. If a
worker dies, its lease expires and the row is delivered again (at least once, never lost). A row
that fails too often becomes a visible dead letter.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from comment_service.storage.db.paging import change_some
from comment_service.storage.tables import OutboxRow

LEASE = timedelta(minutes=5)
ATTEMPTS = 8
"""With the delays below, a delivery is given up after about a day."""
LONGEST_DELAY = timedelta(hours=6)
KEEP_DELIVERED = timedelta(days=30)
"""How long delivered notifications are kept, so that no reader is notified of a comment twice."""
RECENT_ROWS = 20_000
"""Newest rows that queries on recent rows read; a busy page adds one per subscriber."""


def enqueue(
    session: Session,
    kind: str,
    payload: Mapping[str, object],
    now: datetime,
    due: datetime | None = None,
) -> OutboxRow:
    """Enqueue a delivery, for now or for a given time."""
    row = OutboxRow(kind=kind, payload=dict(payload), created_at=now, due_at=due or now)
    session.add(row)
    return row


def undelivered(session: Session, kind: str) -> Sequence[Mapping[str, Any]]:
    """Return the payloads of a kind that are neither delivered nor dead."""
    query = select(OutboxRow.payload).where(
        OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.kind == kind
    )
    return list(session.scalars(query))


def recent(session: Session, kind: str, since: datetime) -> Sequence[Mapping[str, Any]]:
    """Return payloads of a kind that are newer, among the ``RECENT_ROWS`` newest rows."""
    newest = select(OutboxRow.id).order_by(OutboxRow.id.desc()).limit(RECENT_ROWS).subquery()
    query = select(OutboxRow.payload).join(newest, newest.c.id == OutboxRow.id)
    return list(session.scalars(query.where(OutboxRow.kind == kind, OutboxRow.created_at > since)))


def count_recent(session: Session, kind: str, since: datetime) -> int:
    """Return how many of the ``RECENT_ROWS`` newest rows are of a kind and newer."""
    newest = select(OutboxRow.id).order_by(OutboxRow.id.desc()).limit(RECENT_ROWS).subquery()
    query = select(func.count()).select_from(OutboxRow).join(newest, newest.c.id == OutboxRow.id)
    enqueued = (OutboxRow.kind == kind, OutboxRow.created_at > since)
    return session.scalar(query.where(*enqueued)) or 0


def last_due(session: Session, kind: str) -> datetime | None:
    """Return when the last waiting delivery of a kind is due, None if none waits."""
    query = select(OutboxRow.due_at).where(
        OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.kind == kind
    )
    return session.scalar(query.order_by(OutboxRow.due_at.desc()).limit(1))


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Return since when the oldest delivery is due that nobody works on."""
    query = select(func.min(OutboxRow.due_at)).where(
        OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.due_at <= now,
        or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now),
    )  # fmt: skip
    return session.scalar(query)


def count_waiting(session: Session) -> int:
    """Return the number of deliveries that are neither made nor given up."""
    query = select(func.count()).where(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))
    return session.scalar(query) or 0


def count_dead(session: Session) -> int:
    """Return the number of deliveries that were given up."""
    query = select(func.count()).where(OutboxRow.dead_at.is_not(None), OutboxRow.done_at.is_(None))
    return session.scalar(query) or 0


def recover_from_clock(session: Session, now: datetime) -> int:
    """Make deliveries due that a clock in the future has leased or put off; return how many.

    No lease and no retry reaches further than ``LONGEST_DELAY``.
    """
    latest = now + LONGEST_DELAY
    stuck = (
        and_(OutboxRow.leased_until.is_not(None), OutboxRow.leased_until > now + 2 * LEASE),
        and_(OutboxRow.due_at > latest, or_(OutboxRow.attempts > 0, OutboxRow.created_at > latest)),
    )
    query = update(OutboxRow).where(
        OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), or_(*stuck)
    )
    values = {"leased_until": None, "due_at": now}
    rows = session.execute(query.values(values).execution_options(synchronize_session=False))
    return int(rows.rowcount)  # type: ignore[attr-defined]


def lease(
    session: Session, now: datetime, limit: int = 10, *, only: str = "", but: str = ""
) -> Sequence[OutboxRow]:
    """Lease the next due deliveries for five minutes: of one kind only, or of all kinds but one."""
    query = select(OutboxRow).where(
        OutboxRow.done_at.is_(None),
        OutboxRow.dead_at.is_(None),
        OutboxRow.due_at <= now,
        or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now),
    )
    if only:
        query = query.where(OutboxRow.kind == only)
    if but:
        query = query.where(OutboxRow.kind != but)
    query = query.order_by(OutboxRow.due_at, OutboxRow.id).limit(limit)
    rows = list(session.scalars(query.with_for_update(skip_locked=True)))
    for row in rows:
        row.leased_until = now + LEASE
        row.attempts += 1
    return rows


def merge(
    session: Session, row_id: int, *, by: str, what: str, now: datetime, limit: int
) -> Sequence[int]:
    """Merge rows of a kind with the same ``by`` into one delivery; return the ``what`` of each.

    Takes rows that are due and were never tried, and marks them delivered. Rows that were merged
    once stay together: a retry delivers the same set.
    """
    own = session.get_one(OutboxRow, row_id)
    if "with" not in own.payload:
        query = _about(own.kind, by, own.payload[by]).where(
            OutboxRow.done_at.is_(None),
            OutboxRow.dead_at.is_(None),
            OutboxRow.due_at <= now,
            OutboxRow.attempts == 0,
        )
        query = query.order_by(OutboxRow.id).limit(limit).with_for_update(skip_locked=True)
        others = list(session.scalars(query))
        own.payload = {**own.payload, "with": [other.payload[what] for other in others]}
        for other in others:
            mark_delivered(other, now)
    return sorted({own.payload[what], *own.payload["with"]})


def _about(kind: str, name: str, number: int) -> Select[OutboxRow]:
    """Select the rows of a kind whose payload has this number under a name."""
    found = OutboxRow.payload[name].as_integer() == number
    return select(OutboxRow).where(OutboxRow.kind == kind, found)


def already_merged(session: Session, kind: str, of: tuple[str, int], what: str) -> Collection[int]:
    """Return the ``what`` of all rows of a kind whose payload has this number under a name."""
    rows = session.scalars(_about(kind, *of))
    return {row.payload[what] for row in rows}


def dead_letters(session: Session, limit: int) -> Sequence[OutboxRow]:
    """Return the newest dead letters."""
    query = select(OutboxRow).where(OutboxRow.dead_at.is_not(None), OutboxRow.done_at.is_(None))
    return list(session.scalars(query.order_by(OutboxRow.id.desc()).limit(limit)))


def newest_failed(session: Session, kind: str) -> OutboxRow | None:
    """Return the newest undelivered row of a kind that has an error."""
    query = select(OutboxRow).where(
        OutboxRow.done_at.is_(None), OutboxRow.kind == kind, OutboxRow.last_error != ""
    )
    return session.scalar(query.order_by(OutboxRow.id.desc()).limit(1))


def forget_dead(session: Session, kind: str, now: datetime) -> None:
    """Mark dead letters of a kind as done, because a later delivery made them pointless."""
    query = update(OutboxRow).where(
        OutboxRow.dead_at.is_not(None), OutboxRow.done_at.is_(None), OutboxRow.kind == kind
    )
    session.execute(query.values(done_at=now).execution_options(synchronize_session=False))


def retry_dead(session: Session, now: datetime) -> int:
    """Retry every dead letter from now on; return how many."""
    query = update(OutboxRow).where(OutboxRow.dead_at.is_not(None), OutboxRow.done_at.is_(None))
    values = {"dead_at": None, "attempts": 0, "due_at": now}
    rows = session.execute(query.values(values).execution_options(synchronize_session=False))
    return int(rows.rowcount)  # type: ignore[attr-defined]


def mark_delivered(row: OutboxRow, now: datetime) -> None:
    """Mark a delivery as made."""
    row.done_at, row.leased_until, row.last_error = now, None, ""


def mark_failed(row: OutboxRow, error: str, now: datetime, *, final: bool = False) -> None:
    """Retry a delivery later (after 1, 4, 16 … minutes, at most six hours) or give it up.

    ``final`` marks an error that a retry would only repeat.
    """
    row.leased_until, row.last_error = None, error
    if final or row.attempts >= ATTEMPTS:
        row.dead_at = now
    row.due_at = now + min(timedelta(minutes=4 ** (row.attempts - 1)), LONGEST_DELAY)


def delete_delivered(session: Session, kinds: Collection[str], before: datetime, limit: int) -> int:
    """Delete some rows delivered before a time; return how many.

    The newest row is kept, so that ids are never reused.
    """
    newest = select(func.max(OutboxRow.id)).scalar_subquery()
    gone = delete(OutboxRow).where(
        OutboxRow.kind.in_(kinds), OutboxRow.done_at < before, OutboxRow.id < newest
    )
    return change_some(session, gone, limit)
