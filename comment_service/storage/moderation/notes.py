"""Notes on authors, moderators' presence at comments, and saved replies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from comment_service.storage.db.paging import change_some, newest_page
from comment_service.storage.tables import AuthorNote, Glance, SavedReply

OPEN_FOR = timedelta(minutes=2)
"""How long a presence entry is valid."""
MOST_OFFERED = 100
"""Most saved replies offered at a comment."""


@dataclass(frozen=True)
class NoteSummary:
    """The number of notes on an author, and the newest."""

    number: int
    newest: str


def notes(
    session: Session, author_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[AuthorNote], int | None]:
    """Return a page of notes on an author, newest first, and the next key."""
    query = select(AuthorNote).where(AuthorNote.author_id == author_id)
    query = query.options(joinedload(AuthorNote.moderator))
    return newest_page(session, query, AuthorNote.id, before=before, limit=limit)


def note_summaries(session: Session, author_ids: Sequence[int]) -> Mapping[int, NoteSummary]:
    """Return author id → number of notes and the newest one; one query for all."""
    counted = (
        select(
            AuthorNote.author_id,
            func.count().label("number"),
            func.max(AuthorNote.id).label("newest_id"),
        )
        .where(AuthorNote.author_id.in_(author_ids))
        .group_by(AuthorNote.author_id)
        .subquery()
    )
    query = select(counted.c.author_id, counted.c.number, AuthorNote.text)
    rows = session.execute(query.join(AuthorNote, AuthorNote.id == counted.c.newest_id))
    return {author_id: NoteSummary(number, text) for author_id, number, text in rows}


def record_presence(session: Session, *, comment_id: int, moderator_id: int, now: datetime) -> None:
    """Record that a moderator has a comment open."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    row = insert(Glance).values(comment_id=comment_id, moderator_id=moderator_id, seen_at=now)
    keys = [Glance.comment_id, Glance.moderator_id]
    session.execute(row.on_conflict_do_update(index_elements=keys, set_={"seen_at": now}))


def open_by(
    session: Session, comment_ids: Sequence[int], *, but: int, now: datetime
) -> Mapping[int, Sequence[str]]:
    """Return comment id → names of other moderators who have it open; one query for all."""
    query = select(Glance).where(
        Glance.comment_id.in_(comment_ids),
        Glance.moderator_id != but,
        Glance.seen_at > now - OPEN_FOR,
    )
    found: dict[int, list[str]] = {}
    rows = session.scalars(query.options(joinedload(Glance.moderator)).order_by(Glance.seen_at))
    for row in rows:
        found.setdefault(row.comment_id, []).append(row.moderator.name)
    return found


def delete_old_presence(session: Session, before: datetime, limit: int) -> int:
    """Delete at most ``limit`` old presence entries; return how many."""
    return change_some(session, delete(Glance).where(Glance.seen_at < before), limit)


def saved_replies(
    session: Session, site_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[SavedReply], int | None]:
    """Return a page of a site's saved replies, newest first, and the next key."""
    query = select(SavedReply).where(SavedReply.site_id == site_id)
    return newest_page(session, query, SavedReply.id, before=before, limit=limit)


def saved_replies_by_name(session: Session, site_id: int) -> Sequence[SavedReply]:
    """Return a site's saved replies by name."""
    query = select(SavedReply).where(SavedReply.site_id == site_id)
    return list(session.scalars(query.order_by(SavedReply.name, SavedReply.id).limit(MOST_OFFERED)))
