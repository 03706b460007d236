"""Sites, their pages and their lists."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from comment_service.storage.tables import ListEntry, Page, Site

LIST_KINDS = ("word", "link", "domain", "email")


def find(session: Session, key: str) -> Site | None:
    """Return the site with this key."""
    return session.scalar(select(Site).where(Site.key == key))


def ensure(session: Session, *, key: str, name: str, origins: Sequence[str], now: datetime) -> Site:
    """Return the site with this key, made where it does not exist."""
    site = find(session, key)
    if site is None:
        site = Site(key=key, name=name, origins=list(origins), created_at=now)
        session.add(site)
        session.flush()
    return site


def ensure_page(session: Session, *, site_id: int, url: str, title: str, now: datetime) -> Page:
    """Return the page at this address, made where nobody has said anything yet."""
    query = select(Page).where(Page.site_id == site_id, Page.url == url)
    page = session.scalar(query)
    if page is not None:
        return page
    page = Page(site_id=site_id, url=url, title=title, created_at=now)
    page.revision = page.comment_count = page.like_count = 0
    try:
        with session.begin_nested():
            session.add(page)
    except IntegrityError:  # another request made it in between (PostgreSQL)
        return session.scalars(query).one()
    return page


def entries(session: Session, site_id: int) -> Sequence[ListEntry]:
    """Return the lines of a site's lists."""
    query = select(ListEntry).where(ListEntry.site_id == site_id)
    return list(session.scalars(query.order_by(ListEntry.id)))
