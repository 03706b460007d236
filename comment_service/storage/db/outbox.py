"""What must happen after a commit: put in the same transaction, leased, retried, given up aloud.

A row is leased before it is delivered, so that two workers never deliver it at once; a worker that
dies lets its lease run out and the row is delivered again (at least once, never lost).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from comment_service.storage.tables import OutboxRow

LEASE = timedelta(minutes=5)
ATTEMPTS = 8
"""With the waits below, a delivery is given up after about a day."""
KEPT = timedelta(days=30)
"""How long it is known what readers were told: that nobody is told of a comment twice."""
NEWEST = 20_000
"""Rows that a look at what happened lately goes back: a busy page owes one to each subscriber."""


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


def count_lately(session: Session, kind: str, since: datetime) -> int:
    """Return how many rows of a kind were put since then, among the ``NEWEST`` newest rows."""
    newest = select(OutboxRow.id).order_by(OutboxRow.id.desc()).limit(NEWEST).subquery()
    query = select(func.count()).select_from(OutboxRow).join(newest, newest.c.id == OutboxRow.id)
    put = (OutboxRow.kind == kind, OutboxRow.created_at > since)
    return session.scalar(query.where(*put)) or 0


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


def gather(
    session: Session, row_id: int, *, by: str, what: str, now: datetime, limit: int
) -> Sequence[int]:
    """Let one row deliver for all of its kind with the same ``by``; return each one's ``what``.

    Those are taken that are due and were never tried, and they count as delivered. What was put
    together once stays together: another try delivers the same.
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
            done(other, now)
    return sorted({own.payload[what], *own.payload["with"]})


def _about(kind: str, name: str, number: int) -> Select[OutboxRow]:
    """Select the rows of a kind whose payload has this number under a name."""
    found = OutboxRow.payload[name].as_integer() == number
    return select(OutboxRow).where(OutboxRow.kind == kind, found)


def already(session: Session, kind: str, of: tuple[str, int], what: str) -> Collection[int]:
    """Return ``what`` of all rows of a kind whose payload has a number under a name."""
    rows = session.scalars(_about(kind, *of))
    return {row.payload[what] for row in rows}


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


def failed(row: OutboxRow, error: str, now: datetime, *, final: bool = False) -> None:
    """Put a delivery off (1, 4, 16 … minutes, six hours at most) or give it up.

    ``final`` is an error that another try would only repeat.
    """
    row.leased_until, row.last_error = None, error
    if final or row.attempts >= ATTEMPTS:
        row.dead_at = now
    row.due_at = now + min(timedelta(minutes=4 ** (row.attempts - 1)), timedelta(hours=6))


def sweep(session: Session, kinds: Collection[str], before: datetime) -> None:
    """Erase what was delivered before then; the newest row stays, so that no number comes again."""
    newest = select(func.max(OutboxRow.id)).scalar_subquery()
    gone = delete(OutboxRow).where(
        OutboxRow.kind.in_(kinds), OutboxRow.done_at < before, OutboxRow.id < newest
    )
    session.execute(gone.execution_options(synchronize_session=False))
