"""What a card tells of an author, a network and a campaign; no count grows with the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, distinct, func, select
from sqlalchemy.orm import Session, aliased

from comment_service.storage.tables import PUBLISHED, REJECTED, SPAM, Comment

MOST = 1000
"""Comments that a count looks at."""


@dataclass(frozen=True)
class Known:
    """What is known of a comment's surroundings, each counted up to ``MOST``."""

    published: int
    spam: int
    rejected: int
    alike: int  # other comments that say nearly the same
    elsewhere: int  # other authors from the same address


def known(session: Session, comment_ids: Sequence[int]) -> Mapping[int, Known]:
    """Return comment → what surrounds it, in one query."""
    query = select(
        Comment.id,
        _by_author(PUBLISHED),
        _by_author(SPAM),
        _by_author(REJECTED),
        _alike(),
        _elsewhere(),
    ).where(Comment.id.in_(comment_ids))
    return {
        key: Known(published, spam, rejected, alike, elsewhere)
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
