"""Sites, their pages and their lists."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from comment_service.errors import InvalidFields, SiteUnknown
from comment_service.storage.db import locks, prepared
from comment_service.storage.pages import pages
from comment_service.storage.tables import DELETED, SPAM, Comment, ListEntry, Page, Site
from comment_service.text import links
from comment_service.text.addresses import page_key
from comment_service.text.sentences import staff_sentence

LIST_KINDS = ("word", "link", "domain", "email")
LONGEST = 500
"""Longest entry, in characters."""

_ASKED = {
    "word": staff_sentence(
        "A word has a letter or a digit beside *, at most %(length)s characters"
    ),
    "link": staff_sentence(
        "A part of an address has a letter or a digit, at most %(length)s characters"
    ),
    "domain": staff_sentence("A domain looks like example.org, at most %(length)s characters"),
    "email": staff_sentence(
        "An address looks like name@example.org, or @example.org for all of a domain, at most"
        " %(length)s characters"
    ),
}


def _clean_entry(value: str) -> bool:
    return any(char.isalnum() for char in value)


_USABLE: Mapping[str, Callable[[str], bool]] = {
    "word": lambda value: _clean_entry(value) or "*" not in value,
    "link": _clean_entry,
    "domain": lambda value: "." in links.domain(value) and not set(value) & set(" !,;"),
    "email": lambda value: "@" in value and not set(value) & set(" ,;"),
}


_BY_KEY = select(*prepared.every_column(Site)).where(Site.key == bindparam("key"))


def find(session: Session, key: str) -> Site | None:
    """Return the site with this key."""
    return prepared.one(session, Site, _BY_KEY, key=key)


def find_apart(session: Session, key: str) -> Site | None:
    """Return the site with this key as an object that belongs to no session, for reading only."""
    found = prepared.rows(session, _BY_KEY, key=key)
    names = (column.key for column in prepared.every_column(Site))
    return prepared.detached(Site, dict(zip(names, found[0], strict=True))) if found else None


def current(session: Session, site: Site) -> Site:
    """Return a site as it is stored now.

    Raises:
        SiteUnknown: it is gone.
    """
    found = prepared.get(session, Site, site.id)
    if found is None:
        raise unknown(site.key)
    return found


def unknown(key: str) -> SiteUnknown:
    """Return the error that there is no site with a key."""
    return SiteUnknown(
        "There is no site “%(key)s” here. Check data-site in the snippet.", key=key[:64]
    )


def all_sites(session: Session) -> Sequence[Site]:
    """Return all sites by key."""
    return list(session.scalars(select(Site).order_by(Site.key)))


def count_comments(session: Session, site_id: int, limit: int | None = None) -> int:
    """Return the number of a site's comments that are not deleted; counting stops at a limit."""
    query = select(Comment.id).where(Comment.site_id == site_id, Comment.status != DELETED)
    return session.scalar(select(func.count()).select_from(query.limit(limit).subquery())) or 0


def ensure_site(
    session: Session, *, key: str, name: str, origins: Sequence[str], now: datetime
) -> Site:
    """Return the site with this key; create it if it does not exist."""
    site = find(session, key)
    if site is None:
        site = Site(key=key, name=name, origins=list(origins), created_at=now)
        session.add(site)
        session.flush()
    return site


def ensure_page(session: Session, *, site_id: int, url: str, title: str, now: datetime) -> Page:
    """Return the page at an address; create it if it does not exist."""
    page = pages.find(session, site_id, url)
    if page is not None:
        if title and not page.title:
            page.title = title
        return page
    page = Page(site_id=site_id, url=url, key=page_key(url), title=title, created_at=now)
    page.revision = page.comment_count = page.like_count = 0
    try:
        with session.begin_nested():
            session.add(page)
    except IntegrityError:  # another request created it in the meantime (PostgreSQL)
        return session.scalars(select(Page).where(Page.site_id == site_id, Page.url == url)).one()
    return page


def locked_page(session: Session, *, site_id: int, url: str, title: str, now: datetime) -> Page:
    """Return the page at an address as ``ensure_page`` does, locked until the transaction ends.

    If two threads were merged during the wait for the lock, this is the page of both.
    """
    return locks.lock_page(
        session, lambda: ensure_page(session, site_id=site_id, url=url, title=title, now=now)
    )


def entries(session: Session, site_id: int) -> Sequence[ListEntry]:
    """Return the entries of a site's lists."""
    query = select(ListEntry).where(ListEntry.site_id == site_id)
    return list(session.scalars(query.order_by(ListEntry.id)))


_LISTS_VERSION = select(
    func.count(),
    func.max(ListEntry.id),
    func.max(ListEntry.created_at),
    func.count(case((ListEntry.status == SPAM, 1))),
).where(ListEntry.site_id == bindparam("site_id"))


def lists_version(session: Session, site_id: int) -> tuple[object, ...]:
    """Return a value that changes whenever a site's lists change."""
    return tuple(prepared.rows(session, _LISTS_VERSION, site_id=site_id)[0])


def add_to_list(
    session: Session,
    site_id: int,
    *,
    kind: str,
    values: Sequence[str],
    status: str,
    actor: str,
    now: datetime,
) -> int:
    """Add values to a site's list, or change their status; return how many are new.

    Raises:
        InvalidFields: a value can match nothing, or would match everything; none is added.
    """
    _check(kind, values)
    values = [value for value in values if _clean_entry(value)]  # punctuation alone matches nothing
    known = select(ListEntry).where(ListEntry.site_id == site_id, ListEntry.kind == kind)
    by_value = {entry.value: entry for entry in session.scalars(known)}
    new = [value for value in dict.fromkeys(values) if value not in by_value]
    for value in set(values) & by_value.keys():
        by_value[value].status = status
    for value in new:
        row = ListEntry(site_id=site_id, kind=kind, value=value, status=status, actor=actor)
        row.created_at = now
        session.add(row)
    session.flush()
    return len(new)


def _check(kind: str, values: Sequence[str]) -> None:
    """Refuse values that make no sense on this list, naming the first of them."""
    wrong = [value for value in values if len(value) > LONGEST or not _USABLE[kind](value)]
    if wrong:
        named = ", ".join(f"“{value[:60]}”" for value in wrong[:3])
        sentence = staff_sentence(
            "%(number)s cannot stand on this list, so none was taken: %(named)s. %(why)s.",
            number=len(wrong),
            named=named,
            why=_ASKED[kind] % {"length": LONGEST},
        )
        raise InvalidFields({"values": [sentence]})


def remove_from_list(session: Session, site_id: int, *, kind: str, values: Sequence[str]) -> int:
    """Remove values from a site's list; return how many were on it."""
    of_site = (ListEntry.site_id == site_id, ListEntry.kind == kind)
    gone = session.execute(delete(ListEntry).where(*of_site, ListEntry.value.in_(values)))
    return int(gone.rowcount)  # type: ignore[attr-defined]
