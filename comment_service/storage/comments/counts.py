"""Comment counts of many pages at once, and the newest comments of a page."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from comment_service.storage.db import prepared
from comment_service.storage.tables import PENDING, PUBLISHED, Comment, Page, PageAlias
from comment_service.text.addresses import page_key


def of_pages(session: Session, site_id: int, urls: Sequence[str]) -> Mapping[str, int]:
    """Return address → number of published comments, following aliases; two queries."""
    keys = {url: page_key(url) for url in urls}
    named = or_(Page.url.in_(urls), Page.key.in_(set(keys.values())))
    pages = select(Page.url, Page.key, Page.comment_count).where(Page.site_id == site_id, named)
    exact: dict[str, int] = {}
    spelt: dict[str, int] = {}
    former = select(PageAlias.url, PageAlias.key, Page.comment_count)
    former = former.join(Page, Page.id == PageAlias.page_id).where(PageAlias.site_id == site_id)
    called = or_(PageAlias.url.in_(urls), PageAlias.key.in_(set(keys.values())))
    for query in (pages, former.where(called)):
        most_first = query.order_by(Page.comment_count.desc(), Page.id)
        for url, key, count in session.execute(most_first):
            exact.setdefault(url, count)
            spelt.setdefault(key, count)
    return {url: exact.get(url, spelt.get(key, 0)) for url, key in keys.items()}


def newest_time(session: Session) -> datetime | None:
    """Return the time of the newest comment of all sites."""
    return session.scalar(select(Comment.created_at).order_by(Comment.id.desc()).limit(1))


def count_pending(session: Session) -> int:
    """Return how many comments of all sites wait for a moderator."""
    return session.scalar(select(func.count()).where(Comment.status == PENDING)) or 0


def oldest_pending(session: Session) -> datetime | None:
    """Return the time of the oldest comment that waits for a moderator."""
    return session.scalar(select(func.min(Comment.created_at)).where(Comment.status == PENDING))


_NEWEST_ID = select(func.max(Comment.id)).where(
    Comment.page_id == bindparam("page_id"), Comment.status == PUBLISHED
)


def newest_id(session: Session, page: Page | None) -> int:
    """Return the id of a page's newest published comment, 0 if there is none."""
    if page is None:
        return 0
    found: int | None = prepared.first(session, _NEWEST_ID, page_id=page.id)
    return found or 0


def count_newer(session: Session, page: Page | None, after: int, limit: int) -> int:
    """Return how many comments of a page with a higher id are published, at most ``limit``."""
    if page is None:
        return 0
    newer = select(Comment.id).where(
        Comment.page_id == page.id, Comment.status == PUBLISHED, Comment.id > after
    )
    inner = newer.limit(limit).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0


def replies_to(session: Session, author_id: int, limit: int) -> Sequence[Comment]:
    """Return the newest published replies to an author's comments, except the author's own."""
    answered = aliased(Comment)
    query = select(Comment).join(answered, answered.id == Comment.parent_id)
    query = query.where(answered.author_id == author_id, Comment.author_id != author_id)
    query = query.where(Comment.status == PUBLISHED).options(joinedload(Comment.page))
    return list(session.scalars(query.order_by(Comment.id.desc()).limit(limit)))


def newer_comments(session: Session, page: Page, after: int, limit: int) -> Sequence[Comment]:
    """Return a page's published comments with a higher id, oldest first."""
    query = (
        select(Comment)
        .options(joinedload(Comment.author))
        .where(Comment.page_id == page.id, Comment.status == PUBLISHED, Comment.id > after)
    )
    return list(session.scalars(query.order_by(Comment.id).limit(limit)))
