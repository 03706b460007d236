"""Earlier comments by the same author, from the same network, or with the same text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from comment_service.runtime import area_of
from comment_service.storage.db import prepared
from comment_service.storage.tables import PUBLISHED, Author, Comment, Revision

_MINUTE = timedelta(minutes=1)
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


class SameText(NamedTuple):
    """An earlier comment with the same folded text."""

    id: int
    page_id: int
    parent_id: int | None
    author_id: int
    status: str
    network: str
    name: str


_SAME_TEXT = (
    select(*(getattr(Comment, name) for name in SameText._fields))
    .where(Comment.site_id == bindparam("site_id"), Comment.text_hash == bindparam("text_hash"))
    .order_by(Comment.id.desc())
    .limit(50)
)


def same_text(session: Session, site_id: int, text_hash: str) -> Sequence[SameText]:
    """Return the site's newest comments with the same folded text, at most 50."""
    found = prepared.rows(session, _SAME_TEXT, site_id=site_id, text_hash=text_hash)
    return [SameText._make(row) for row in found]


def forget_networks(session: Session, before: datetime) -> int:
    """Erase keyed hashes of client addresses older than a time; return how many."""
    query = update(Comment).where(Comment.created_at < before, Comment.network != "")
    rows = session.execute(query.values(network="").execution_options(synchronize_session=False))
    return int(rows.rowcount)  # type: ignore[attr-defined]


def _sent_within(moment: InstrumentedAttribute[datetime]) -> Select[int, int, int, int]:
    """Return the number of the author's rows, then of all: each of the last minute, and all."""
    own = or_(Comment.author_id == bindparam("author_id"), Comment.name == bindparam("name"))
    recent = moment > bindparam("minute", type_=moment.type)
    return select(
        func.count(case((and_(recent, own), 1))),
        func.count(case((own, 1))),
        func.count(case((recent, 1))),
        func.count(moment),
    ).where(moment > bindparam("hour"), moment < bindparam("latest"))


_SENT = _sent_within(Comment.created_at).where(Comment.network == bindparam("network"))
_CHANGED = (
    _sent_within(Revision.created_at)
    .join(Comment, Comment.id == Revision.comment_id)
    .where(
        Revision.moderator_id.is_(None),
        or_(
            and_(
                Comment.network == bindparam("network"), Comment.created_at > bindparam("editable")
            ),
            Comment.id == bindparam("comment_id"),
        ),
    )
)


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
    values = {"network": network, "author_id": author_id, "name": name, "comment_id": comment_id}
    times = {"minute": now - _MINUTE, "hour": now - _HOUR, "editable": now - _EDITABLE}
    times["latest"] = now + _CLOCK_SLACK
    both = [prepared.rows(session, query, **values, **times)[0] for query in (_SENT, _CHANGED)]
    author_minute, author_hour, network_minute, network_hour = map(sum, zip(*both, strict=True))
    area_hour = _sent_by_area(session, network, now)
    return Rate(author_minute, author_hour, network_minute, network_hour, area_hour)


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


def blocked(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """Select authors who are blocked now, as ``accounts.is_blocked`` does."""
    lasts = or_(Author.blocked_until.is_(None), Author.blocked_until > now)
    return and_(Author.blocked_at.is_not(None), lasts)


_OF_BLOCKED = (
    select(Comment.id)
    .join(Author, Author.id == Comment.author_id)
    .where(
        Comment.network == bindparam("network"),
        Comment.created_at >= bindparam("since"),
        Comment.site_id == bindparam("site_id"),
        blocked(bindparam("now")),
    )
    .limit(1)
)


def network_of_blocked(
    session: Session, site_id: int, network: str, *, since: datetime, now: datetime
) -> bool:
    """Return True if an author who is blocked on the site wrote from a network since a time."""
    values = {"site_id": site_id, "network": network, "since": since, "now": now}
    return prepared.first(session, _OF_BLOCKED, **values) is not None


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
