"""Statistics of the last ninety days for the filter page: scores and final statuses.

A published comment counts as honest, a spam comment as spam; pending and rejected ones count as
neither. One grouped query, whatever the number of comments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, case, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.tables import (
    PENDING,
    PUBLISHED,
    SPAM,
    Comment,
    Decision,
    ShadowScore,
    Verdict,
)

BINS = 200
"""Number of probability bins, each half a percent wide."""


@dataclass(frozen=True)
class Histogram:
    """Comments by the filter's probability, ``BINS`` numbers each.

    ``decided`` is the number of them, honest and spam, that a person decided about.
    """

    honest: Sequence[int]
    spam: Sequence[int]
    days: float
    decided: tuple[int, int] = (0, 0)


def histogram(session: Session, site_id: int, since: datetime, now: datetime) -> Histogram:
    """Return how honest comments and spam were scored since a time."""
    step = _floor(session, Verdict.score * BINS).label("step")
    query = (
        select(step, Comment.status, func.count(), func.sum(case((_decided(), 1), else_=0)))
        .join(Comment, Comment.id == Verdict.comment_id)
        .where(
            Comment.site_id == site_id,
            Comment.created_at >= since,
            Comment.status.in_((PUBLISHED, SPAM)),
            Verdict.score.is_not(None),
            _first_verdict(),
        )
        .group_by(step, Comment.status)
    )
    found = {PUBLISHED: [0] * BINS, SPAM: [0] * BINS}
    decided = {PUBLISHED: 0, SPAM: 0}
    for place, status, count, by_people in session.execute(query):
        found[status][min(int(place), BINS - 1)] += count
        decided[status] += int(by_people)
    first = session.scalar(
        select(func.min(Comment.created_at)).where(
            Comment.site_id == site_id, Comment.created_at >= since
        )
    )
    days = max((now - first).total_seconds() / 86400 if first else 0.0, 1.0)
    return Histogram(found[PUBLISHED], found[SPAM], days, (decided[PUBLISHED], decided[SPAM]))


def _floor(session: Session, value: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the integer part of a non-negative number.

    SQLite truncates when it casts but may lack ``floor``; PostgreSQL rounds when it casts.
    """
    whole = value if session.get_bind().dialect.name == "sqlite" else func.floor(value)
    return cast(whole, Integer)


def _first_verdict() -> ColumnElement[bool]:
    """Select the first verdict of each comment, without later screenings."""
    other = aliased(Verdict)
    return ~exists().where(other.comment_id == Verdict.comment_id, other.id < Verdict.id)


def _decided() -> ColumnElement[bool]:
    """Select comments that a person decided about."""
    return select(Decision.id).where(Decision.comment_id == Comment.id, *in_effect()).exists()


def confusion(session: Session, site_id: int, since: datetime) -> Mapping[tuple[str, str], int]:
    """Return (filter's decision, current status) → number of comments."""
    query = (
        select(Verdict.status, Comment.status, func.count())
        .join(Comment, Comment.id == Verdict.comment_id)
        .where(Comment.site_id == site_id, Comment.created_at >= since, _first_verdict())
        .group_by(Verdict.status, Comment.status)
    )
    return {(said, now): count for said, now, count in session.execute(query)}


def held_by_day(session: Session, site_id: int, since: datetime) -> Sequence[tuple[date, int, int]]:
    """Return (day, submissions, held submissions) since a time, oldest first."""
    day = func.date(Comment.created_at)
    held = func.count(case((Verdict.status == PENDING, 1)))
    query = (
        select(day, func.count(), held)
        .join(Verdict, Verdict.comment_id == Comment.id)
        .where(Comment.site_id == site_id, Comment.created_at >= since, _first_verdict())
        .group_by(day)
        .order_by(day)
    )
    return [(date.fromisoformat(str(d)), n, h) for d, n, h in session.execute(query)]


def count_shadow_scores(session: Session, model_id: str) -> tuple[int, int]:
    """Return how many submissions a candidate scored, and how many it would decide differently."""
    flipped = func.count(case((ShadowScore.status != Verdict.status, 1)))
    query = (
        select(func.count(), flipped)
        .join(
            Verdict,
            and_(Verdict.comment_id == ShadowScore.comment_id, Verdict.model != model_id),
        )
        .where(ShadowScore.model_id == model_id, _first_verdict())
    )
    number, changed = session.execute(query).one()
    return number, changed


def count_corrections(session: Session, site_id: int, since: datetime) -> tuple[int, int]:
    """Return the corrected mistakes: honest comments held or filed, and spam published."""
    query = select(Decision.from_status, Decision.to_status, func.count()).join(
        Comment, Comment.id == Decision.comment_id
    )
    query = query.where(Comment.site_id == site_id, Decision.created_at >= since)
    query = query.where(*in_effect())
    rows = session.execute(query.group_by(Decision.from_status, Decision.to_status))
    found = {(before, after): count for before, after, count in rows}
    wrong = sum(n for (before, after), n in found.items() if after == PUBLISHED and before != after)
    return wrong, found.get((PUBLISHED, SPAM), 0)


def recent_scores(
    session: Session, site_id: int, since: datetime, until: datetime, limit: int
) -> Sequence[tuple[float, str]]:
    """Return (score, text) of the newest comments between two times."""
    query = (
        select(Verdict.score, Comment.text)
        .join(Comment, Comment.id == Verdict.comment_id)
        .where(
            Comment.site_id == site_id,
            Comment.created_at >= since,
            Comment.created_at < until,
            Verdict.score.is_not(None),
            _first_verdict(),
        )
        .order_by(Comment.created_at.desc())
        .limit(limit)
    )
    return [(float(score or 0), text) for score, text in session.execute(query)]


class Tenth(NamedTuple):
    """Comments in one tenth of the score: 0 for below 0.1, 9 for 0.9 and above."""

    tenth: int
    said: float  # mean score
    was: float  # share of spam
    comments: int


def calibration(session: Session, site_id: int, since: datetime, limit: int) -> Sequence[Tenth]:
    """Return each non-empty tenth, over the newest ``limit`` decided comments."""
    recent = (
        select(
            case((Verdict.score >= 1, 9), else_=_floor(session, Verdict.score * 10)).label("tenth"),
            Verdict.score.label("score"),
            case((Comment.status == SPAM, 1.0), else_=0.0).label("spam"),
        )
        .join(Comment, Comment.id == Verdict.comment_id)
        .where(
            Comment.site_id == site_id,
            Comment.created_at >= since,
            Comment.status.in_((PUBLISHED, SPAM)),
            Verdict.score.is_not(None),
            _first_verdict(),
            _decided(),
        )
        .order_by(Comment.created_at.desc())
        .limit(limit)
        .subquery()
        .c
    )
    query = select(recent.tenth, func.avg(recent.score), func.avg(recent.spam), func.count())
    rows = session.execute(query.group_by(recent.tenth).order_by(recent.tenth))
    return [Tenth(tenth, float(said), float(was), count) for tenth, said, was, count in rows]


def recent_totals(
    session: Session, site_id: int, since: datetime, limit: int
) -> tuple[int, int, int]:
    """Return how many of the newest ``limit`` submissions exist, were held, lack a score."""
    recent = (
        select(Verdict.status, Verdict.score)
        .join(Comment, Comment.id == Verdict.comment_id)
        .where(Comment.site_id == site_id, Comment.created_at >= since, _first_verdict())
        .order_by(Comment.created_at.desc())
        .limit(limit)
        .subquery()
        .c
    )
    held = func.count(case((recent.status == PENDING, 1)))
    blind = func.count(case((recent.score.is_(None), 1)))
    number, waited, unscored = session.execute(select(func.count(), held, blind)).one()
    return number, waited, unscored
