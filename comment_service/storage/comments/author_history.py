"""Earlier comments by the same author, from the same network, or with the same text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from comment_service.runtime import area_of
from comment_service.storage.tables import PUBLISHED, Author, Comment, Revision

_HOUR = timedelta(hours=1)
_CLOCK_SLACK = timedelta(minutes=5)
"""Rows dated further in the future were written by a clock that was wrong, and count nothing."""
_MANY_AUTHORS = 10
_EDITABLE = timedelta(hours=25)
"""Authors can edit only newer comments, so older ones were not edited within the last hour."""


def has_published(session: Session, author_id: int) -> bool:
    """Return True if a comment of an author is published."""
    query = select(Comment.id).where(Comment.author_id == author_id, Comment.status == PUBLISHED)
    return session.scalar(query.limit(1)) is not None


def same_text(session: Session, site_id: int, text_hash: str) -> Sequence[Comment]:
    """Return the site's newest comments with the same folded text, at most 50."""
    query = select(Comment).where(Comment.site_id == site_id, Comment.text_hash == text_hash)
    return list(session.scalars(query.order_by(Comment.id.desc()).limit(50)))


def forget_networks(session: Session, before: datetime) -> int:
    """Erase keyed hashes of client addresses older than a time; return how many."""
    query = update(Comment).where(Comment.created_at < before, Comment.network != "")
    rows = session.execute(query.values(network="").execution_options(synchronize_session=False))
    return int(rows.rowcount)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Rate:
    """How many comments and edits one author, and the author's whole network, sent recently."""

    author_minute: int
    author_hour: int
    network_minute: int
    network_hour: int
    area_hour: int  # of all networks of an IPv6 /48; 0 for other addresses


def rate(
    session: Session,
    network: str,
    now: datetime,
    *,
    author_id: int | None,
    name: str,
    comment_id: int | None = None,
) -> Rate:
    """Return how many comments and edits a network sent in the last minute and the last hour.

    Those of the same author or under the same name are counted apart. ``comment_id`` is a comment
    about to be edited; its edits count whatever network they came from.
    """
    own = or_(Comment.author_id == author_id, Comment.name == name)
    sent = _sent_within(Comment.created_at, now, own)
    sent = sent.where(Comment.network == network, Comment.created_at > now - _HOUR)
    sent = sent.where(Comment.created_at < now + _CLOCK_SLACK)
    by_author = Revision.moderator_id.is_(None), Revision.created_at > now - _HOUR
    theirs = and_(Comment.network == network, Comment.created_at > now - _EDITABLE)
    changed = _sent_within(Revision.created_at, now, own)
    changed = changed.join(Comment, Comment.id == Revision.comment_id)
    changed = changed.where(*by_author, or_(theirs, Comment.id == comment_id))
    changed = changed.where(Revision.created_at < now + _CLOCK_SLACK)
    pairs = zip(session.execute(sent).one(), session.execute(changed).one(), strict=True)
    by_area = _sent_by_area(session, network, now)
    return Rate(*(comments + edits for comments, edits in pairs), *[by_area])


def _sent_by_area(session: Session, network: str, now: datetime) -> int:
    """Return an IPv6 /48's number of comments in the last hour, 0 for other addresses."""
    area = area_of(network)
    if not area:
        return 0
    query = select(func.count()).where(in_area(Comment.network, area))
    query = query.where(Comment.created_at.between(now - _HOUR, now + _CLOCK_SLACK))
    return session.scalar(query) or 0


def in_area(column: InstrumentedAttribute[str], area: str) -> ColumnElement[bool]:
    """Select the networks of an area, in a way that can use the column's index."""
    return and_(column >= area, column < area + "g")  # every hex digit is less than "g"


def _sent_within(
    moment: InstrumentedAttribute[datetime], now: datetime, own: ColumnElement[bool]
) -> Select[int, int, int, int]:
    """Return the number of the author's rows, then of all: each of the last minute, and all."""
    recent = moment > now - timedelta(minutes=1)
    return select(
        func.count(case((and_(recent, own), 1))),
        func.count(case((own, 1))),
        func.count(case((recent, 1))),
        func.count(moment),
    )


def blocked(now: datetime) -> ColumnElement[bool]:
    """Select authors who are blocked now, as ``accounts.is_blocked`` does."""
    lasts = or_(Author.blocked_until.is_(None), Author.blocked_until > now)
    return and_(Author.blocked_at.is_not(None), lasts)


def network_of_blocked(
    session: Session, site_id: int, network: str, *, since: datetime, now: datetime
) -> bool:
    """Return True if an author who is blocked on the site wrote from a network since a time."""
    query = select(Comment.id).join(Author, Author.id == Comment.author_id)
    theirs = query.where(Comment.network == network, Comment.created_at >= since)
    theirs = theirs.where(Comment.site_id == site_id, blocked(now))
    return session.scalar(theirs.limit(1)) is not None


def all_share_a_network(session: Session, site_id: int, since: datetime) -> bool:
    """Return True if a site's newest comments come from many authors and one network.

    That is what a proxy looks like whose headers are not trusted. Reads the newest 50 comments.
    """
    newest = (
        select(Comment.author_id, Comment.network)
        .where(Comment.site_id == site_id, Comment.created_at >= since, Comment.network != "")
        .order_by(Comment.id.desc())
        .limit(50)
        .subquery()
    )
    query = select(
        func.count(newest.c.author_id.distinct()), func.count(newest.c.network.distinct())
    )
    authors, networks = session.execute(query).one()
    return bool(authors >= _MANY_AUTHORS and networks == 1)
