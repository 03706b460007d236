"""Counts of the last ninety days for the owner's page: what the filter said, what it came to.

A comment counts as honest where it is published, as spam where it is filed; what waits or was
rejected is neither. One grouped query, whatever the number of comments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, case, cast, func, select
from sqlalchemy.orm import Session, joinedload

from comment_service.storage.queue import standing
from comment_service.storage.tables import (
    HELD,
    PUBLISHED,
    SPAM,
    Comment,
    Decision,
    Model,
    ShadowScore,
    Verdict,
)

BINS = 200
"""Steps of the probability, each half a percent."""


@dataclass(frozen=True)
class Histogram:
    """Comments by the probability that the filter gave them, ``BINS`` numbers each."""

    honest: Sequence[int]
    spam: Sequence[int]
    days: float


def histogram(session: Session, site_id: int, since: datetime, now: datetime) -> Histogram:
    """Return how honest comments and spam were scored since then."""
    step = cast(Verdict.score * BINS, Integer).label("step")
    query = (
        select(step, Comment.status, func.count())
        .join(Comment, Comment.id == Verdict.comment_id)
        .where(
            Comment.site_id == site_id,
            Comment.created_at >= since,
            Comment.status.in_((PUBLISHED, SPAM)),
            Verdict.score.is_not(None),
        )
        .group_by(step, Comment.status)
    )
    found = {PUBLISHED: [0] * BINS, SPAM: [0] * BINS}
    for place, status, count in session.execute(query):
        found[status][min(int(place), BINS - 1)] += count
    first = session.scalar(
        select(func.min(Comment.created_at)).where(
            Comment.site_id == site_id, Comment.created_at >= since
        )
    )
    days = (now - first).total_seconds() / 86400 if first else 0.0
    return Histogram(found[PUBLISHED], found[SPAM], max(days, 1.0))


def confusion(session: Session, site_id: int, since: datetime) -> Mapping[tuple[str, str], int]:
    """Return (what the filter made of it, what it is now) → number of comments."""
    query = (
        select(Verdict.status, Comment.status, func.count())
        .join(Comment, Comment.id == Verdict.comment_id)
        .where(Comment.site_id == site_id, Comment.created_at >= since)
        .group_by(Verdict.status, Comment.status)
    )
    return {(said, now): count for said, now, count in session.execute(query)}


def held_by_day(session: Session, site_id: int, since: datetime) -> Sequence[tuple[str, int, int]]:
    """Return (day, submissions, of them held) since then, oldest first."""
    day = func.date(Comment.created_at)
    held = func.count(case((Verdict.status == HELD, 1)))
    query = (
        select(day, func.count(), held)
        .join(Verdict, Verdict.comment_id == Comment.id)
        .where(Comment.site_id == site_id, Comment.created_at >= since)
        .group_by(day)
        .order_by(day)
    )
    return [(str(d), n, h) for d, n, h in session.execute(query)]


def examples(
    session: Session, site_id: int, said: str, now: str, limit: int = 50
) -> Sequence[tuple[Comment, Verdict]]:
    """Return the newest comments of one cell of the confusion table."""
    query = (
        select(Comment, Verdict)
        .join(Verdict, Verdict.comment_id == Comment.id)
        .where(Comment.site_id == site_id, Verdict.status == said, Comment.status == now)
        .options(joinedload(Comment.page))
        .order_by(Comment.id.desc())
        .limit(limit)
    )
    return [(comment, verdict) for comment, verdict in session.execute(query)]


def flips(
    session: Session, model: Model, limit: int = 50
) -> Sequence[tuple[Comment, Verdict, ShadowScore]]:
    """Return the newest submissions that a candidate would have judged otherwise."""
    query = (
        select(Comment, Verdict, ShadowScore)
        .join(ShadowScore, ShadowScore.comment_id == Comment.id)
        .join(
            Verdict,
            and_(Verdict.comment_id == Comment.id, Verdict.model != model.id),
        )
        .where(ShadowScore.model_id == model.id, ShadowScore.status != Verdict.status)
        .options(joinedload(Comment.page))
        .order_by(Comment.id.desc())
        .limit(limit)
    )
    return [(c, v, s) for c, v, s in session.execute(query)]


def corrected(session: Session, site_id: int, since: datetime) -> tuple[int, int]:
    """Return the mistakes that moderators corrected: honest held or filed, spam let through."""
    query = select(Decision.from_status, Decision.to_status, func.count()).join(
        Comment, Comment.id == Decision.comment_id
    )
    query = query.where(Comment.site_id == site_id, Decision.created_at >= since)
    query = query.where(*standing())
    rows = session.execute(query.group_by(Decision.from_status, Decision.to_status))
    found = {(before, after): count for before, after, count in rows}
    wrong = sum(n for (before, after), n in found.items() if after == PUBLISHED and before != after)
    return wrong, found.get((PUBLISHED, SPAM), 0)


def scored(
    session: Session, site_id: int, since: datetime, until: datetime, limit: int
) -> Sequence[tuple[float, str]]:
    """Return (score, text) of the newest comments that came in between two times."""
    query = (
        select(Verdict.score, Comment.text)
        .join(Comment, Comment.id == Verdict.comment_id)
        .where(
            Comment.site_id == site_id,
            Comment.created_at >= since,
            Comment.created_at < until,
            Verdict.score.is_not(None),
        )
        .order_by(Comment.created_at.desc())
        .limit(limit)
    )
    return [(float(score or 0), text) for score, text in session.execute(query)]


def calibration(
    session: Session, site_id: int, since: datetime
) -> Sequence[tuple[float, float, int]]:
    """Return (mean score, share of spam, comments) of each tenth, over what people decided."""
    tenth = cast(Verdict.score * 9.999, Integer).label("tenth")
    is_spam = case((Comment.status == SPAM, 1.0), else_=0.0)
    decided = select(Decision.id).where(Decision.comment_id == Comment.id, *standing())
    query = (
        select(func.avg(Verdict.score), func.avg(is_spam), func.count())
        .join(Comment, Comment.id == Verdict.comment_id)
        .where(
            Comment.site_id == site_id,
            Comment.created_at >= since,
            Comment.status.in_((PUBLISHED, SPAM)),
            Verdict.score.is_not(None),
            decided.exists(),
        )
        .group_by(tenth)
        .order_by(tenth)
    )
    return [(float(said), float(was), count) for said, was, count in session.execute(query)]
