"""Filters of the moderation queues: which comments, in which order, from which position.

Each status is read separately along an index that starts with the status, and the results are
merged: no filter sorts more than a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    exists,
    false,
    func,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.db import search
from comment_service.storage.tables import (
    PENDING,
    PUBLISHED,
    REJECTED,
    SPAM,
    Comment,
    Decision,
    Site,
    VerdictReason,
)

SETTLED = (PUBLISHED, SPAM, REJECTED)
QUEUES: Mapping[str, Sequence[str]] = {
    "pending": (PENDING,),
    "reported": (PENDING, PUBLISHED),
    "spam": (SPAM,),
    "published": (PUBLISHED,),
    "rejected": (REJECTED,),
    "all": (PENDING, *SETTLED),
}
"""Queue → the statuses it shows; "reported" shows only comments with open reports."""

FEW_SITES = 8
"""Up to this number, sites are read one by one."""

FEW_COMMENTS = 1000

REPORTED = "reported"
SORTS = ("newest", "oldest", "look")
IDENTITIES = ("guest", "account", "host")

Position = tuple[int, int]
"""The position after a page: review value and id."""


@dataclass(frozen=True)
class Filter:
    """Which comments; None or "" does not narrow."""

    queue: str = "pending"
    sites: tuple[int, ...] | None = None  # the moderator's sites; no form can widen this
    site: int | None = None
    page: int | None = None
    author: int | None = None
    campaign: int | None = None
    reason: str = ""
    model: str = ""
    identity: str = ""
    score_from: float | None = None
    score_to: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    undecided: bool = False  # only comments that screening alone decided
    decided_by: int | None = None  # a moderator with a decision in effect about the comment
    newest_id: int | None = None  # no comment newer than this

    @property
    def statuses(self) -> Sequence[str]:
        """The statuses to read; with ``undecided``, pending comments are left out."""
        return SETTLED if self.undecided and self.queue == "all" else QUEUES[self.queue]

    @property
    def narrows(self) -> bool:
        """Whether the filter has more than a queue."""
        return self != Filter(self.queue, self.sites)


def load_keys(
    session: Session, asked: Filter, *, sort: str, after: Position | None, limit: int
) -> Sequence[Position]:
    """Return (review value, id) of the next ``limit`` comments after a position."""
    parts = [
        _status_query(session, one, status, sort, after).limit(limit)
        for one in _by_site(asked, sort)
        for status in asked.statuses
    ]
    if len(parts) == 1:
        return [(look, key) for look, key in session.execute(parts[0])]
    merged = union_all(*(select(part.subquery()) for part in parts)).subquery()
    order = _order(merged.c.look, merged.c.id, sort)
    query = select(merged.c.look, merged.c.id).order_by(*order).limit(limit)
    return [(look, key) for look, key in session.execute(query)]


def _by_site(asked: Filter, sort: str) -> Sequence[Filter]:
    """Return one filter per site if there are few, so that an index gives the order."""
    alone = Filter(asked.queue, asked.sites, newest_id=asked.newest_id)
    if asked != alone or sort == "look" or not 0 < len(asked.sites or ()) <= FEW_SITES:
        return [asked]
    return [replace(asked, site=site) for site in asked.sites or ()]


def count(session: Session, asked: Filter, limit: int | None = None) -> int:
    """Return the number of comments; with a limit, counting stops there."""
    found = 0
    for status in asked.statuses:
        rest = None if limit is None else limit - found
        part, _key = _matching_comments(session, asked, status)
        inner = part.limit(rest).subquery()
        found += session.scalar(select(func.count()).select_from(inner)) or 0
        if found == limit:
            break
    return found


def _status_query(
    session: Session, asked: Filter, status: str, sort: str, after: Position | None
) -> Select[int, int]:
    """Return the ordered query for one status, starting after a position."""
    chosen, key = _matching_comments(session, asked, status)
    query = chosen.with_only_columns(Comment.look.label("look"), key.label("id"))
    if sort == "look":
        query = query.where(_first_of_its_campaign())
    if after is not None:
        look, last = after
        here = tuple_(Comment.look, key)
        narrower = {"look": here < tuple_(look, last), "oldest": key > last}
        query = query.where(narrower.get(sort, key < last))
    return query.order_by(*_order(Comment.look, key, sort))


def _order(
    look: ColumnElement[int] | InstrumentedAttribute[int],
    key: ColumnElement[int] | InstrumentedAttribute[int],
    sort: str,
) -> Sequence[ColumnElement[int]]:
    """Return the ORDER BY columns."""
    if sort == "look":
        return look.desc(), key.desc()
    return (key.asc(),) if sort == "oldest" else (key.desc(),)


def _first_of_its_campaign() -> ColumnElement[bool]:
    """Select comments without an older one of the same campaign and status."""
    elder = aliased(Comment)
    return ~exists().where(
        elder.site_id == Comment.site_id,
        elder.campaign_id == Comment.campaign_id,
        elder.status == Comment.status,
        elder.id < Comment.id,
    )


def _matching_comments(
    session: Session, asked: Filter, status: str
) -> tuple[Select[int], ColumnElement[int] | InstrumentedAttribute[int]]:
    """Return the query for a filter's comments of one status, and the id column to order by."""
    query = select(Comment.id).where(Comment.status == status, *_conditions(asked))
    key: ColumnElement[int] | InstrumentedAttribute[int] = Comment.id
    reason = (VerdictReason.name == asked.reason, VerdictReason.comment_id == Comment.id)
    if search.terms(asked.words):
        query, found = search.matching(session, query, asked.words, status)
        key = key if found is None else found
        if asked.reason:
            query = query.where(exists().where(*reason))
            few = _few_with_reason(session, asked.reason, status)
            query = query if few is None else query.where(Comment.id.in_(few))
    elif asked.words:  # punctuation only: a word index cannot find it
        query = query.where(false())
    elif asked.reason:
        query = query.join(VerdictReason, reason[1]).where(
            reason[0], VerdictReason.status == status
        )
        key = VerdictReason.comment_id
    if asked.newest_id is not None:
        query = query.where(key <= asked.newest_id)
    return query, key


def _few_with_reason(session: Session, reason: str, status: str) -> Sequence[int] | None:
    """Return the comments of a status with a reason, None if they are not few.

    Among few, a word that most comments have is looked for faster than the reason among all that
    have the word.
    """
    query = select(VerdictReason.comment_id).where(
        VerdictReason.name == reason, VerdictReason.status == status
    )
    found = session.scalars(query.limit(FEW_COMMENTS + 1)).all()
    return found if len(found) <= FEW_COMMENTS else None


def _site_of_campaign(campaign: int) -> ScalarSelect[int]:
    """Select the only site that a campaign is on; the index of campaigns begins with the site."""
    on_site = (Comment.site_id == Site.id, Comment.campaign_id == campaign)
    query = select(Site.id).where(exists().where(*on_site).correlate(Site))
    return query.limit(1).scalar_subquery()


def _conditions(asked: Filter) -> list[ColumnElement[bool]]:
    """Return the conditions on the comment's own columns."""
    equal = {
        Comment.site_id: asked.site,
        Comment.page_id: asked.page,
        Comment.author_id: asked.author,
        Comment.campaign_id: asked.campaign,
        Comment.model: asked.model or None,
        Comment.identity: asked.identity or None,
    }
    bounds = (
        None if asked.score_from is None else Comment.score >= asked.score_from,
        None if asked.score_to is None else Comment.score <= asked.score_to,
        None if asked.since is None else Comment.created_at >= asked.since,
        None if asked.until is None else Comment.created_at < asked.until,
    )
    found = [column == value for column, value in equal.items() if value is not None]
    if asked.undecided:
        found.append(Comment.by_moderator.is_(False))
        found.append(~exists().where(Decision.comment_id == Comment.id, *in_effect()))
    if asked.decided_by is not None:
        by = select(Decision.comment_id).where(Decision.moderator_id == asked.decided_by)
        found.append(Comment.id.in_(by.where(*in_effect())))
    if asked.sites is not None and asked.site is None:
        found.append(Comment.site_id.in_(asked.sites))
    elif asked.sites is not None and asked.site not in asked.sites:
        found.append(false())
    if asked.campaign is not None and asked.site is None:
        found.append(Comment.site_id == _site_of_campaign(asked.campaign))
    if asked.queue == REPORTED:
        found.append(Comment.reported.is_(True))
    return found + [bound for bound in bounds if bound is not None]
