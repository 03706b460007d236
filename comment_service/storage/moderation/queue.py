"""The moderation queues: a page of comments with what their cards show."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.moderation import filters
from comment_service.storage.moderation.filters import QUEUES, Filter, Position
from comment_service.storage.tables import PENDING, PUBLISHED, Comment, Decision, Page, Verdict

COUNTED = 1000
"""Queues are counted up to this number ("1,000+"), so that counting stays cheap."""


@dataclass(frozen=True)
class Count:
    """A number of comments, counted up to a limit."""

    number: int

    @property
    def more(self) -> bool:
        """Whether there are more than ``number``."""
        return self.number >= COUNTED


def load_page(
    session: Session, asked: Filter, *, sort: str, after: Position | None, limit: int
) -> tuple[Sequence[Comment], Position | None]:
    """Return the next page of a queue in order, and the position after it."""
    places = filters.load_keys(session, asked, sort=sort, after=after, limit=limit + 1)
    following = places[limit - 1] if len(places) > limit else None
    return load_comments(session, [key for _, key in places[:limit]]), following


def count_queues(session: Session, sites: tuple[int, ...] | None = None) -> Mapping[str, Count]:
    """Return queue → number of comments of these sites, each counted up to ``COUNTED``."""
    return {queue: count_filter(session, Filter(queue, sites)) for queue in QUEUES}


def count_filter(session: Session, asked: Filter) -> Count:
    """Return the number of a filter's comments, counted up to ``COUNTED``."""
    return Count(filters.count(session, asked, limit=COUNTED))


def verdicts(session: Session, comment_ids: Sequence[int]) -> Mapping[int, Verdict]:
    """Return comment id → its newest verdict, in one query."""
    newest = select(func.max(Verdict.id)).where(Verdict.comment_id.in_(comment_ids))
    query = select(Verdict).where(Verdict.id.in_(newest.group_by(Verdict.comment_id)))
    return {verdict.comment_id: verdict for verdict in session.scalars(query)}


def decisions(session: Session, comment_ids: Sequence[int]) -> Mapping[int, Decision]:
    """Return comment id → its newest decision in effect, in one query."""
    newest = select(func.max(Decision.id)).where(Decision.comment_id.in_(comment_ids), *in_effect())
    query = select(Decision).where(Decision.id.in_(newest.group_by(Decision.comment_id)))
    found = session.scalars(query.options(joinedload(Decision.moderator)))
    return {decision.comment_id: decision for decision in found}


def comment_of_decision(session: Session, decision_id: int) -> int | None:
    """Return the id of the comment that a decision is about, None if there is none."""
    return session.scalar(select(Decision.comment_id).where(Decision.id == decision_id))


def load_comments(session: Session, comment_ids: Sequence[int]) -> Sequence[Comment]:
    """Return these comments in this order, with what a card shows."""
    page = joinedload(Comment.page).joinedload(Page.site)
    query = select(Comment).where(Comment.id.in_(comment_ids))
    query = query.options(page, joinedload(Comment.parent), joinedload(Comment.author))
    by_id = {comment.id: comment for comment in session.scalars(query)}
    return [by_id[wanted] for wanted in comment_ids if wanted in by_id]


def pending_on_page(session: Session, page_id: int, limit: int) -> Sequence[Comment]:
    """Return a page's oldest pending comments, oldest first, with what a comment shows."""
    query = select(Comment.id).where(Comment.page_id == page_id, Comment.status == PENDING)
    return load_comments(session, list(session.scalars(query.order_by(Comment.id).limit(limit))))


def sites_of(session: Session, comment_ids: Collection[int]) -> Mapping[int, int]:
    """Return comment id → site id of these comments; ids without a comment are left out."""
    query = select(Comment.id, Comment.site_id).where(Comment.id.in_(comment_ids))
    found: dict[int, int] = dict(session.execute(query).all())
    return found


def undecided(
    session: Session, site_id: int, since: datetime, limit: int
) -> Sequence[tuple[int, str, float]]:
    """Return (id, text, score) of the newest pending or published comments without a decision."""
    decided = select(Decision.id).where(Decision.comment_id == Comment.id, *in_effect())
    query = (
        select(Comment.id, Comment.text, Verdict.score)
        .join(Verdict, Verdict.comment_id == Comment.id)
        .where(
            Comment.site_id == site_id,
            Comment.created_at >= since,
            Comment.status.in_((PENDING, PUBLISHED)),
            Verdict.score.is_not(None),
            ~decided.exists(),
        )
        .order_by(Comment.id.desc())
        .limit(limit)
    )
    return [(key, text, float(score or 0)) for key, text, score in session.execute(query)]
