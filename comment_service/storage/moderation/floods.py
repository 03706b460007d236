"""Flood protection: counts of recent comments, and the floods that were detected."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, joinedload

from comment_service.storage.db import prepared
from comment_service.storage.tables import Comment, Shield

SHOWN = timedelta(days=1)
"""How long after its end a flood is still shown to moderators."""
_MOST = 5


def _counted(query: Select[int]) -> Select[int]:
    return select(func.count()).select_from(query.limit(bindparam("limit")).subquery())


_SINCE = select(Comment.id).where(
    Comment.site_id == bindparam("site_id"), Comment.created_at >= bindparam("since")
)
_RECENT = _counted(_SINCE)
_RECENT_ON_PAGE = _counted(_SINCE.where(Comment.page_id == bindparam("page_id")))


def count_recent(
    session: Session, site_id: int, since: datetime, limit: int, *, page_id: int | None = None
) -> int:
    """Return the number of recent comments on a site or page, counted up to a limit."""
    values = {"site_id": site_id, "since": since, "limit": limit}
    if page_id is None:
        return int(prepared.first(session, _RECENT, **values))
    return int(prepared.first(session, _RECENT_ON_PAGE, page_id=page_id, **values))


def count_between(session: Session, site_id: int, since: datetime, until: datetime) -> int:
    """Return the number of comments on a site between two times."""
    query = select(func.count()).where(
        Comment.site_id == site_id, Comment.created_at >= since, Comment.created_at < until
    )
    return session.scalar(query) or 0


def newest(session: Session, site_id: int, page_id: int) -> Shield | None:
    """Return the newest flood of a page, or of its whole site."""
    query = select(Shield).where(Shield.site_id == site_id)
    query = query.where(or_(Shield.page_id == page_id, Shield.page_id.is_(None)))
    return session.scalar(query.order_by(Shield.until.desc()).limit(1))


def active_or_recent(
    session: Session, site_ids: Sequence[int] | None, now: datetime
) -> Sequence[Shield]:
    """Return the floods of these sites that are active or ended recently (None: all sites)."""
    query = select(Shield).where(Shield.until > now - SHOWN).options(joinedload(Shield.page))
    if site_ids is not None:
        query = query.where(Shield.site_id.in_(site_ids))
    return list(session.scalars(query.order_by(Shield.id.desc()).limit(_MOST)))
