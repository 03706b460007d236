"""Context of queue cards: author, network and campaign. No count grows with the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, distinct, func, select
from sqlalchemy.orm import Session, aliased

from comment_service.storage.tables import PUBLISHED, REJECTED, SPAM, Comment

MOST = 1000
"""Rows that a count examines at most."""


@dataclass(frozen=True)
class CardContext:
    """Context of a comment, each number counted up to ``MOST``."""

    published: int
    spam: int
    rejected: int
    alike: int  # other comments of the campaign
    elsewhere: int  # other authors from the same network


def load_context(session: Session, comment_ids: Sequence[int]) -> Mapping[int, CardContext]:
    """Return comment id → its context, in one query."""
    query = select(
        Comment.id,
        _by_author(PUBLISHED),
        _by_author(SPAM),
        _by_author(REJECTED),
        _alike(),
        _elsewhere(),
    ).where(Comment.id.in_(comment_ids))
    return {
        key: CardContext(published, spam, rejected, alike, elsewhere)
        for key, published, spam, rejected, alike, elsewhere in session.execute(query)
    }


def _by_author(status: str) -> ScalarSelect[int]:
    other = aliased(Comment)
    return _counted(other.author_id == Comment.author_id, other.status == status)


def _alike() -> ScalarSelect[int]:
    other = aliased(Comment)
    return _counted(
        other.site_id == Comment.site_id,
        other.campaign_id == Comment.campaign_id,
        other.id != Comment.id,
    )


def _counted(*where: ColumnElement[bool]) -> ScalarSelect[int]:
    inner = select(1).where(*where).limit(MOST).correlate(Comment).subquery()
    return select(func.count()).select_from(inner).scalar_subquery()


def _elsewhere() -> ScalarSelect[int]:
    other = aliased(Comment)
    inner = (
        select(other.author_id.label("author_id"))
        .where(
            other.network == Comment.network,
            other.site_id == Comment.site_id,
            Comment.network != "",
            other.author_id != Comment.author_id,
        )
        .limit(MOST)
        .correlate(Comment)
        .subquery()
    )
    return select(func.count(distinct(inner.c.author_id))).scalar_subquery()
