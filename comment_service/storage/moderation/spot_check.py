"""Weekly random samples of comments decided without a person, and what moderators found.

Every comment of a kind is equally likely. Up to ``MOST`` of a kind are read along an index and
drawn from. If there are more, random ids of the week's range are tried until enough are found, so
that no draw reads more rows as the database grows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.tables import (
    DELETED,
    PENDING,
    PUBLISHED,
    SPAM,
    Comment,
    Decision,
    SpotCheck,
    SpotSample,
)

MOST = 20_000
TRIED = 500
"""Random ids tried at once …"""
ROUNDS = 60
"""… and how often at most."""


@dataclass(frozen=True)
class Draw:
    """Ids in random order, and the number of candidates (counted up to ``MOST``)."""

    ids: Sequence[int]
    of: int


def draw(
    session: Session, site_id: int, status: str, *, since: datetime, count: int, chance: Random
) -> Draw:
    """Return up to ``count`` comments of a status that no moderator decided about."""
    first = first_id_since(session, site_id, since)
    if first is None:
        return Draw((), 0)
    query = _untouched(site_id, status, since).where(Comment.id >= first)
    candidates = list(session.scalars(query.order_by(Comment.id).limit(MOST)))
    if len(candidates) < MOST:
        return Draw(chance.sample(candidates, min(count, len(candidates))), len(candidates))
    last = session.scalar(select(func.max(Comment.id))) or first
    picked: dict[int, None] = {}
    for _ in range(ROUNDS):
        tried = [chance.randint(first, last) for _ in range(TRIED)]
        hit = set(session.scalars(query.where(Comment.id.in_(tried))))
        picked.update((one, None) for one in tried if one in hit)
        if len(picked) >= count:
            break
    return Draw(list(picked)[:count], MOST)


def of_week(session: Session, site_id: int, week: str) -> SpotCheck | None:
    """Return a site's spot check of an ISO week such as 2026-W45."""
    query = select(SpotCheck).where(SpotCheck.site_id == site_id, SpotCheck.week == week)
    return session.scalar(query)


def newest(session: Session, site_id: int, limit: int) -> Sequence[SpotCheck]:
    """Return a site's spot checks, newest first."""
    query = select(SpotCheck).where(SpotCheck.site_id == site_id)
    return list(session.scalars(query.order_by(SpotCheck.week.desc()).limit(limit)))


def samples(session: Session, check_id: int) -> Sequence[SpotSample]:
    """Return a check's samples by id, without comments deleted since."""
    query = select(SpotSample).join(Comment, Comment.id == SpotSample.comment_id)
    query = query.where(SpotSample.check_id == check_id, Comment.status != DELETED)
    return list(session.scalars(query.order_by(SpotSample.comment_id)))


def count_outcomes(session: Session, check_ids: Sequence[int]) -> Mapping[tuple[str, str], int]:
    """Return (sampled status, moderator's judgement) → number of samples of these checks."""
    query = select(SpotSample.was, SpotSample.found, func.count())
    query = query.where(SpotSample.check_id.in_(check_ids), SpotSample.found != "")
    rows = session.execute(query.group_by(SpotSample.was, SpotSample.found))
    return {(was, turned_out): count for was, turned_out, count in rows}


def count_unjudged(session: Session, sites: frozenset[int] | None, since: datetime) -> int:
    """Return the number of unjudged samples of checks since a time; sites None: all sites."""
    query = (
        select(func.count())
        .select_from(SpotSample)
        .join(SpotCheck, SpotCheck.id == SpotSample.check_id)
        .join(Comment, Comment.id == SpotSample.comment_id)
        .where(SpotCheck.created_at >= since, SpotSample.found == "", Comment.status != DELETED)
    )
    if sites is not None:
        query = query.where(SpotCheck.site_id.in_(sites))
    return session.scalar(query) or 0


def update_samples(session: Session, comment_id: int, now: datetime) -> None:
    """Update the samples of a comment from its newest decision in effect."""
    rows = list(session.scalars(select(SpotSample).where(SpotSample.comment_id == comment_id)))
    if not rows:
        return
    decided = select(Decision.to_status).where(
        Decision.comment_id == comment_id, Decision.to_status != PENDING, *in_effect()
    )
    outcome = session.scalar(decided.order_by(Decision.id.desc()).limit(1)) or ""
    for row in rows:
        row.found, row.found_at = outcome, now if outcome else None


def first_id_since(session: Session, site_id: int, since: datetime) -> int | None:
    """Return the id of the first comment since a time."""
    query = select(Comment.id).where(Comment.site_id == site_id, Comment.created_at >= since)
    return session.scalar(query.order_by(Comment.created_at, Comment.id).limit(1))


def _untouched(site_id: int, status: str, since: datetime) -> Select[int]:
    decided = select(Decision.id).where(Decision.comment_id == Comment.id).exists()
    return select(Comment.id).where(
        Comment.site_id == site_id,
        Comment.status == status,
        Comment.created_at >= since,
        Comment.by_moderator.is_(False),
        ~decided,
    )


KINDS = (PUBLISHED, SPAM)
"""Sampled statuses: published automatically, and marked as spam automatically."""
