"""Earlier comments by the same author, from the same network, or with the same text."""

from collections.abc import Mapping, Sequence
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
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from comment_service.runtime import area_of
from comment_service.storage.db import prepared
from comment_service.storage.db.paging import change_some
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


def a_name(session: Session, author_id: int) -> str:
    """Return a name that an author gave with a comment, "" if none is known."""
    query = select(Comment.name).where(Comment.author_id == author_id, Comment.name != "")
    return session.scalar(query.order_by(Comment.status, Comment.id).limit(1)) or ""


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
    .limit(prepared.fixed_limit(50))
)


def same_text(session: Session, site_id: int, text_hash: str) -> Sequence[SameText]:
    """Return the site's newest comments with the same folded text, at most 50."""
    found = prepared.rows(session, _SAME_TEXT, site_id=site_id, text_hash=text_hash)
    return [SameText._make(row) for row in found]


def forget_networks(session: Session, before: datetime, limit: int) -> int:
    """Erase at most ``limit`` keyed hashes of addresses older than a time; return how many."""
    # found by the index of networks, which most comments have no longer
    query = update(Comment).where(Comment.created_at < before, Comment.network > "")
    return change_some(session, query.values(network=""), limit)


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


_BY_NETWORK = (Comment.network == bindparam("network"),)
_EDITED_BY_NETWORK = (
    Revision.moderator_id.is_(None),
    or_(
        and_(Comment.network == bindparam("network"), Comment.created_at > bindparam("editable")),
        Comment.id == bindparam("comment_id"),
    ),
)
_OF_REVISION = Comment.id == Revision.comment_id
_SENT = _sent_within(Comment.created_at).where(*_BY_NETWORK)
_CHANGED = _sent_within(Revision.created_at).join(Comment, _OF_REVISION).where(*_EDITED_BY_NETWORK)


def _number_within_hour(moment: InstrumentedAttribute[datetime]) -> Select[int]:
    within = moment > bindparam("hour"), moment < bindparam("latest")
    return select(func.count(moment)).where(*within)


_BOTH_WITHIN_HOUR = select(
    _number_within_hour(Comment.created_at).where(*_BY_NETWORK).scalar_subquery()
    + _number_within_hour(Revision.created_at)
    .join(Comment, _OF_REVISION)
    .where(*_EDITED_BY_NETWORK)
    .scalar_subquery()
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
    least: int,
    comment_id: int | None = None,
) -> Rate:
    """Return how many comments and edits a network sent in the last minute and the last hour.

    Those of the same author or under the same name are counted apart. ``comment_id`` is a comment
    about to be edited; its edits count whatever network they came from. The counts of a network
    that sent fewer than ``least`` in the last hour are 0: most networks send so little that one
    index tells it.
    """
    times = {"hour": now - _HOUR, "latest": now + _CLOCK_SLACK}
    values = {"network": network, "comment_id": comment_id, "editable": now - _EDITABLE, **times}
    area_hour = _sent_by_area(session, network, times)
    if prepared.first(session, _BOTH_WITHIN_HOUR, **values) < least:
        return Rate(0, 0, 0, 0, area_hour)
    values |= {"author_id": author_id, "name": name, "minute": now - _MINUTE}
    both = [prepared.rows(session, query, **values)[0] for query in (_SENT, _CHANGED)]
    author_minute, author_hour, network_minute, network_hour = map(sum, zip(*both, strict=True))
    return Rate(author_minute, author_hour, network_minute, network_hour, area_hour)


def _sent_by_area(session: Session, network: str, times: Mapping[str, datetime]) -> int:
    """Return an IPv6 /48's number of comments in the last hour, 0 for other addresses."""
    area = area_of(network)
    return prepared.first(session, _SENT_BY_AREA, area=area, **times) if area else 0


def in_area(
    column: InstrumentedAttribute[str], area: str | BindParameter[str]
) -> ColumnElement[bool]:
    """Select the networks of an area, in a way that can use the column's index."""
    return and_(column >= area, column < area + "g")  # every hex digit is less than "g"


_SENT_BY_AREA = _number_within_hour(Comment.created_at).where(
    in_area(Comment.network, bindparam("area", type_=Comment.network.type))
)


def blocked(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """Select authors who are blocked now, as ``accounts.is_blocked`` does."""
    lasts = or_(Author.blocked_until.is_(None), Author.blocked_until > now)
    return and_(Author.blocked_at.is_not(None), lasts)


_THEN = aliased(Comment)
_OF_BLOCKED = (
    select(Author.id)
    .join(Comment, Comment.author_id == Author.id)
    .where(
        # An index has all that is asked of the network's comments; few authors are blocked.
        Comment.site_id == bindparam("site_id"),
        Comment.network == bindparam("network"),
        blocked(bindparam("now")),
        exists()
        .where(
            _THEN.author_id == Author.id,
            _THEN.network == bindparam("network"),
            _THEN.created_at >= bindparam("since"),
        )
        .correlate(Author),
    )
    .limit(prepared.fixed_limit(1))
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
