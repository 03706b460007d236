"""A site's lists, and its pages with rules of their own, for the rules page."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from comment_service.storage.admin.sites import LIST_KINDS
from comment_service.storage.db import paging
from comment_service.storage.tables import ListEntry, Page, RuleChange


def count_entries(session: Session, site_id: int) -> Mapping[str, int]:
    """Return kind → number of entries, for every kind."""
    query = select(ListEntry.kind, func.count()).where(ListEntry.site_id == site_id)
    found = dict.fromkeys(LIST_KINDS, 0)
    for kind, count in session.execute(query.group_by(ListEntry.kind)):
        found[kind] = count
    return found


def entries_page(
    session: Session, site_id: int, kind: str, *, before: int | None, limit: int
) -> tuple[Sequence[ListEntry], int | None]:
    """Return a page of entries of one kind ("" for all), newest first, and the next key."""
    query = select(ListEntry).where(ListEntry.site_id == site_id)
    if kind:
        query = query.where(ListEntry.kind == kind)
    return paging.newest_page(session, query, ListEntry.id, before=before, limit=limit)


def remove_entries(session: Session, site_id: int, entry_ids: Sequence[int]) -> int:
    """Remove entries from a site's lists; return how many existed."""
    gone = session.execute(
        delete(ListEntry).where(ListEntry.site_id == site_id, ListEntry.id.in_(entry_ids))
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def pages_with_rules(session: Session, site_id: int, limit: int = 100) -> Sequence[Page]:
    """Return the pages that most recently got rules of their own and still have them."""
    newest = (
        select(RuleChange.page_url, func.max(RuleChange.id).label("at"))
        .where(RuleChange.site_id == site_id, RuleChange.page_url != "")
        .group_by(RuleChange.page_url)
        .subquery()
    )
    query = (
        select(Page)
        .join(newest, newest.c.page_url == Page.url)
        .where(Page.site_id == site_id)
        .order_by(newest.c.at.desc())
        .limit(limit)
    )
    return [page for page in session.scalars(query) if page.rules]
