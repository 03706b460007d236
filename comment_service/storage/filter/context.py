"""The context of a submission: history of author, campaign and links, and the thread's texts.

Every count reads only the newest rows, so that none grows with the database. ``besides`` is a
comment that is screened again; it is left out of its own context.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from comment_service.storage.tables import PUBLISHED, Comment, LinkedDomain

LOOKED_AT = 50
"""Newest comments that a count reads."""

Counts = Mapping[str, int]


def campaigns_after(
    session: Session, site_id: int, last: int, limit: int
) -> Sequence[tuple[int, str]]:
    """Return (id, likeness) of the newest first comments of campaigns after an id, oldest first."""
    query = (
        select(Comment.id, Comment.likeness)
        .where(
            Comment.site_id == site_id,
            Comment.campaign_id > last,
            Comment.campaign_id == Comment.id,
            Comment.likeness != "",
        )
        .order_by(Comment.campaign_id.desc())
        .limit(limit)
    )
    return [(number, key) for number, key in session.execute(query)][::-1]


def campaign_counts(
    session: Session, site_id: int, campaign: int | None, besides: int | None = None
) -> Counts:
    """Return status → number of comments among the newest of a campaign."""
    if campaign is None:
        return {}
    query = select(Comment.status).where(
        Comment.site_id == site_id, Comment.campaign_id == campaign
    )
    return _counted(session, query.order_by(Comment.id.desc()), besides)


def author_counts(session: Session, author_id: int | None, besides: int | None = None) -> Counts:
    """Return status → number of comments among the newest of an author."""
    if author_id is None:
        return {}
    query = select(Comment.status).where(Comment.author_id == author_id)
    return _counted(session, query.order_by(Comment.id.desc()), besides)


def domain_counts(
    session: Session, site_id: int, domain: str, besides: int | None = None
) -> Counts:
    """Return status → number of comments among the newest that link to a registrable domain."""
    query = (
        select(Comment.status)
        .join(LinkedDomain, LinkedDomain.comment_id == Comment.id)
        .where(LinkedDomain.site_id == site_id, LinkedDomain.domain == domain)
    )
    return _counted(session, query.order_by(LinkedDomain.comment_id.desc()), besides)


def _counted(session: Session, query: Select[str], besides: int | None) -> Counts:
    query = query if besides is None else query.where(Comment.id != besides)
    newest = query.limit(LOOKED_AT).subquery()
    rows = session.execute(
        select(newest.c.status, func.count().label("number")).group_by(newest.c.status)
    )
    return {row.status: int(row.number) for row in rows}


def websites_of(session: Session, site_id: int, name: str) -> set[str]:
    """Return the websites of the newest comments under a name."""
    query = select(Comment.url).where(
        Comment.site_id == site_id, Comment.name == name, Comment.url != ""
    )
    return set(session.scalars(query.order_by(Comment.id.desc()).limit(LOOKED_AT)))


def thread_texts(
    session: Session, page_id: int, parent_id: int | None, besides: int | None = None
) -> Sequence[str]:
    """Return the texts of the parent comment and of the newest public comments on the page."""
    parent = session.get(Comment, parent_id) if parent_id else None
    query = select(Comment.text).where(Comment.page_id == page_id, Comment.status == PUBLISHED)
    query = query if besides is None else query.where(Comment.id != besides)
    newest = session.scalars(query.order_by(Comment.id.desc()).limit(LOOKED_AT // 2))
    return [*([parent.text] if parent else []), *newest]


def public_texts(session: Session, site_id: int, besides: int | None = None) -> Sequence[str]:
    """Return the texts of a site's newest public comments."""
    query = select(Comment.text).where(Comment.site_id == site_id, Comment.status == PUBLISHED)
    query = query if besides is None else query.where(Comment.id != besides)
    return list(session.scalars(query.order_by(Comment.id.desc()).limit(LOOKED_AT)))
