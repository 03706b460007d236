"""A page by the addresses under which it is known: its own, its former ones, spellings of it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.storage.tables import Page, PageAlias
from comment_service.text.addresses import page_key


def find(session: Session, site_id: int, url: str) -> Page | None:
    """Return the page at an address, if anyone has said anything there yet.

    The address itself decides, then what it was called before, then another spelling of it
    (``page_key``); of several, the one with most comments.
    """
    own = session.scalar(select(Page).where(Page.site_id == site_id, Page.url == url))
    return own or _renamed(session, site_id, url) or _spelt(session, site_id, url)


def _renamed(session: Session, site_id: int, url: str) -> Page | None:
    query = select(Page).join(PageAlias, PageAlias.page_id == Page.id)
    return session.scalar(query.where(PageAlias.site_id == site_id, PageAlias.url == url))


def _spelt(session: Session, site_id: int, url: str) -> Page | None:
    query = select(Page).where(Page.site_id == site_id, Page.key == page_key(url))
    return session.scalar(query.order_by(Page.comment_count.desc(), Page.id).limit(1))
