"""Find a page by any of its addresses: current, former, or another spelling."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from comment_service.storage.db import prepared
from comment_service.storage.tables import Page, PageAlias, RuleChange
from comment_service.text.addresses import page_key

_BY_ADDRESS = select(*prepared.every_column(Page)).where(
    Page.site_id == bindparam("site_id"), Page.url == bindparam("url")
)


def find(session: Session, site_id: int, url: str) -> Page | None:
    """Return the page at an address, if it has a thread.

    Tries the address itself, then former addresses, then other spellings of both (``page_key``); of
    several pages, the one with most comments.
    """
    own = prepared.one(session, Page, _BY_ADDRESS, site_id=site_id, url=url)
    found = own or _by_former_address(session, site_id, PageAlias.url == url)
    found = found or _by_key(session, site_id, url)
    return found or _by_former_address(session, site_id, PageAlias.key == page_key(url))


def _by_former_address(session: Session, site_id: int, called: ColumnElement[bool]) -> Page | None:
    query = select(Page).join(PageAlias, PageAlias.page_id == Page.id)
    query = query.where(PageAlias.site_id == site_id, called)
    return session.scalar(query.order_by(Page.comment_count.desc(), Page.id).limit(1))


def _by_key(session: Session, site_id: int, url: str) -> Page | None:
    query = select(Page).where(Page.site_id == site_id, Page.key == page_key(url))
    return session.scalar(query.order_by(Page.comment_count.desc(), Page.id).limit(1))


def update_title(page: Page, title: str) -> None:
    """Take over the title that a page states for itself, unless a moderator set another one."""
    if title and title != page.title and not page.title_by_moderator:
        page.title = title


def add_alias(session: Session, page: Page, url: str, now: datetime) -> None:
    """Add an alias to a page; no other page has this address."""
    row = PageAlias(site_id=page.site_id, page_id=page.id, url=url, created_at=now)
    row.key = page_key(url)
    session.add(row)
    session.flush()


def aliases_like(session: Session, page: Page, url: str) -> Sequence[PageAlias]:
    """Return a page's aliases that are spellings of this address."""
    query = select(PageAlias).where(PageAlias.page_id == page.id)
    return list(session.scalars(query.where(PageAlias.key == page_key(url))))


def add_audit_entry(
    session: Session,
    page: Page,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> None:
    """Write the audit entry of a change to a page, beside those of its rules."""
    row = RuleChange(site_id=page.site_id, page_url=page.url, actor=actor, created_at=now)
    row.before, row.after = dict(before), dict(after)
    session.add(row)
    session.flush()
