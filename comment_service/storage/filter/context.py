"""The context of a submission: history of author, campaign and links, and the thread's texts.

Every count reads only the newest rows, so that none grows with the database. ``besides`` is a
comment that is screened again; it is left out of its own context.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import Session

from comment_service.storage.db import prepared
from comment_service.storage.tables import PUBLISHED, Comment, LinkedDomain
from comment_service.text.likeness import MAX_REMEMBERED

LOOKED_AT = 50
"""Newest comments that a count reads."""

Counts = Mapping[str, int]

_SITE: BindParameter[int] = bindparam("site_id")
_BESIDES: BindParameter[int] = bindparam("besides")


def _counted(query: Select[str]) -> Select[str, int]:
    """Return status → number over the newest rows of a query."""
    newest = query.where(Comment.id != _BESIDES).limit(prepared.fixed_limit(LOOKED_AT)).subquery()
    return select(newest.c.status, func.count()).group_by(newest.c.status)


_CAMPAIGNS_AFTER = (
    select(Comment.id, Comment.likeness)
    .where(
        Comment.site_id == _SITE,
        Comment.campaign_id > bindparam("last"),
        Comment.campaign_id == Comment.id,
        Comment.likeness != "",
    )
    .order_by(Comment.campaign_id.desc())
    .limit(prepared.fixed_limit(MAX_REMEMBERED))
)
_CAMPAIGN_COUNTS = _counted(
    select(Comment.status)
    .where(Comment.site_id == _SITE, Comment.campaign_id == bindparam("campaign"))
    .order_by(Comment.id.desc())
)
_AUTHOR_COUNTS = _counted(
    select(Comment.status)
    .where(Comment.author_id == bindparam("author_id"))
    .order_by(Comment.id.desc())
)
_DOMAIN_COUNTS = _counted(
    select(Comment.status)
    .join(LinkedDomain, LinkedDomain.comment_id == Comment.id)
    .where(LinkedDomain.site_id == _SITE, LinkedDomain.domain == bindparam("domain"))
    .order_by(LinkedDomain.comment_id.desc())
)
_WEBSITES = (
    select(Comment.url)
    .where(Comment.site_id == _SITE, Comment.name == bindparam("name"), Comment.url != "")
    .order_by(Comment.id.desc())
    .limit(prepared.fixed_limit(LOOKED_AT))
)
_PAGE_TEXTS = (
    select(Comment.text)
    .where(Comment.page_id == bindparam("page_id"), Comment.status == PUBLISHED)
    .where(Comment.id != _BESIDES)
    .order_by(Comment.id.desc())
    .limit(prepared.fixed_limit(LOOKED_AT // 2))
)
_PUBLIC_TEXTS = (
    select(Comment.text)
    .where(Comment.site_id == _SITE, Comment.status == PUBLISHED, Comment.id != _BESIDES)
    .order_by(Comment.id.desc())
    .limit(prepared.fixed_limit(LOOKED_AT))
)


def campaigns_after(session: Session, site_id: int, last: int) -> Sequence[tuple[int, str]]:
    """Return (id, likeness) of the newest first comments of campaigns after an id, oldest first."""
    found = prepared.rows(session, _CAMPAIGNS_AFTER, site_id=site_id, last=last)
    return [(number, key) for number, key in found[::-1]]


def campaign_counts(
    session: Session, site_id: int, campaign: int | None, besides: int | None = None
) -> Counts:
    """Return status → number of comments among the newest of a campaign."""
    if campaign is None:
        return {}
    return _counts(session, _CAMPAIGN_COUNTS, besides, site_id=site_id, campaign=campaign)


def author_counts(session: Session, author_id: int | None, besides: int | None = None) -> Counts:
    """Return status → number of comments among the newest of an author."""
    if author_id is None:
        return {}
    return _counts(session, _AUTHOR_COUNTS, besides, author_id=author_id)


def domain_counts(
    session: Session, site_id: int, domain: str, besides: int | None = None
) -> Counts:
    """Return status → number of comments among the newest that link to a registrable domain."""
    return _counts(session, _DOMAIN_COUNTS, besides, site_id=site_id, domain=domain)


def _counts(
    session: Session, query: Select[str, int], besides: int | None, **values: object
) -> Counts:
    return dict(map(tuple, prepared.rows(session, query, besides=besides or 0, **values)))


def websites_of(session: Session, site_id: int, name: str) -> set[str]:
    """Return the websites of the newest comments under a name."""
    return {url for (url,) in prepared.rows(session, _WEBSITES, site_id=site_id, name=name)}


def thread_texts(
    session: Session, page_id: int, parent_id: int | None, besides: int | None = None
) -> Sequence[str]:
    """Return the texts of the parent comment and of the newest public comments on the page."""
    parent = session.get(Comment, parent_id) if parent_id else None
    newest = prepared.rows(session, _PAGE_TEXTS, page_id=page_id, besides=besides or 0)
    return [*([parent.text] if parent else []), *(text for (text,) in newest)]


def public_texts(session: Session, site_id: int, besides: int | None = None) -> Sequence[str]:
    """Return the texts of a site's newest public comments."""
    found = prepared.rows(session, _PUBLIC_TEXTS, site_id=site_id, besides=besides or 0)
    return [text for (text,) in found]
