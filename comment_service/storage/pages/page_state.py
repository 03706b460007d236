"""What the public rendering of a page depends on, read by one small query."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from comment_service.storage.db import prepared
from comment_service.storage.tables import Page, Site

State = Sequence[object]
_OF_PAGE, _OF_SITE = ("revision", "title", "url", "closed_at", "rules"), ("rules", "name")
_STATE = (
    select(*(getattr(Page, one) for one in _OF_PAGE), *(getattr(Site, one) for one in _OF_SITE))
    .join(Site, Site.id == Page.site_id)
    .where(Page.id == bindparam("page_id"))
)


def of_row(page: Page, site: Site) -> State:
    """Return the state of a loaded page."""
    of_page = tuple(getattr(page, one) for one in _OF_PAGE)
    return *of_page, *(getattr(site, one) for one in _OF_SITE)


def read(session: Session, page_id: int) -> State:
    """Return the state of a page as it is stored now, empty if it is gone."""
    found = prepared.rows(session, _STATE, page_id=page_id)
    return tuple(found[0]) if found else ()
