"""The moderation queues: comments by status, newest first, in stretches."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from comment_service.storage.tables import (
    HELD,
    PUBLISHED,
    REJECTED,
    SPAM,
    STATUSES,
    Comment,
    Decision,
    Page,
    Verdict,
)

QUEUES: Mapping[str, Sequence[str]] = {
    "pending": (HELD,),
    "spam": (SPAM,),
    "published": (PUBLISHED,),
    "rejected": (REJECTED,),
    "all": STATUSES,
}
"""Queue → the statuses it shows."""


def standing() -> tuple[ColumnElement[bool], ...]:
    """Select the decisions that stand: not taken back, and no taking back themselves."""
    return Decision.undone_at.is_(None), Decision.undoes_id.is_(None)


def load(
    session: Session, queue: str, *, before: int | None, limit: int
) -> tuple[Sequence[Comment], int | None]:
    """Return the newest comments of a queue older than ``before``, and where the next begin."""
    query = select(Comment).where(Comment.status.in_(QUEUES[queue]))
    if before is not None:
        query = query.where(Comment.id < before)
    query = query.order_by(Comment.id.desc()).limit(limit + 1)
    page = joinedload(Comment.page).joinedload(Page.site)
    found = list(session.scalars(query.options(page, joinedload(Comment.parent))))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def counts(session: Session) -> Mapping[str, int]:
    """Return queue → number of comments, in one query."""
    query = select(Comment.status, func.count()).group_by(Comment.status)
    by_status: dict[str, int] = dict(session.execute(query).all())
    return {q: sum(by_status.get(s, 0) for s in shown) for q, shown in QUEUES.items()}


def verdicts(session: Session, comment_ids: Sequence[int]) -> Mapping[int, Verdict]:
    """Return comment → its newest verdict, in one query."""
    newest = select(func.max(Verdict.id)).where(Verdict.comment_id.in_(comment_ids))
    query = select(Verdict).where(Verdict.id.in_(newest.group_by(Verdict.comment_id)))
    return {verdict.comment_id: verdict for verdict in session.scalars(query)}


def decisions(session: Session, comment_ids: Sequence[int]) -> Mapping[int, Decision]:
    """Return comment → the newest decision that still stands, in one query."""
    newest = select(func.max(Decision.id)).where(Decision.comment_id.in_(comment_ids), *standing())
    query = select(Decision).where(Decision.id.in_(newest.group_by(Decision.comment_id)))
    found = session.scalars(query.options(joinedload(Decision.moderator)))
    return {decision.comment_id: decision for decision in found}


def some(session: Session, comment_ids: Sequence[int]) -> Sequence[Comment]:
    """Return these comments in this order, with what a card shows."""
    page = joinedload(Comment.page).joinedload(Page.site)
    query = select(Comment).where(Comment.id.in_(comment_ids))
    found = session.scalars(query.options(page, joinedload(Comment.parent)))
    by_id = {comment.id: comment for comment in found}
    return [by_id[wanted] for wanted in comment_ids if wanted in by_id]


def undecided(
    session: Session, site_id: int, since: datetime, limit: int
) -> Sequence[tuple[int, str, float]]:
    """Return (id, text, score) of the newest held or published comments nobody decided about."""
    decided = select(Decision.id).where(Decision.comment_id == Comment.id, *standing())
    query = (
        select(Comment.id, Comment.text, Verdict.score)
        .join(Verdict, Verdict.comment_id == Comment.id)
        .where(
            Comment.site_id == site_id,
            Comment.created_at >= since,
            Comment.status.in_((HELD, PUBLISHED)),
            Verdict.score.is_not(None),
            ~decided.exists(),
        )
        .order_by(Comment.id.desc())
        .limit(limit)
    )
    return [(key, text, float(score or 0)) for key, text, score in session.execute(query)]
