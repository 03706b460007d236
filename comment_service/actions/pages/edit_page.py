"""A moderator edits a page: title, URL, aliases."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.errors import AlreadyDone, DoesNotExist, InvalidFields, OriginUnknown
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce
from comment_service.storage.pages import pages
from comment_service.text import addresses
from comment_service.text.origins import is_registered
from comment_service.text.sentences import staff_sentence

Changes = Mapping[str, str]
MAX_TITLE = 300
TAKEN = staff_sentence("Another thread stands at %(url)s (“%(title)s”). Merge the two instead.")


def lock_pages(session: Session, moderator_id: int | None, *page_ids: int) -> Sequence[t.Page]:
    """Return the current pages, locked in the order of their ids until the end of the transaction.

    ``moderator_id`` is None for the server's operator.

    Raises:
        DoesNotExist: a page does not exist, or is not on the moderator's sites.
    """
    locks.lock_pages(session, page_ids)
    query = select(t.Page).where(t.Page.id.in_(page_ids))
    existing = session.scalars(query.execution_options(populate_existing=True)).all()
    if len(existing) < len(set(page_ids)):  # a page was merged away while this waited for its lock
        raise DoesNotExist(rights.NO_PAGE)
    return [rights.require_page(session, moderator_id, page_id) for page_id in page_ids]


def site_address(session: Session, runtime: Runtime, page: t.Page, typed: str) -> str:
    """Return a cleaned URL of the page's site.

    Raises:
        InvalidFields: it is not a valid URL.
        OriginUnknown: its origin is not registered for the site.
    """
    return registered_address(runtime, session.get_one(t.Site, page.site_id), typed, page.url)


def registered_address(runtime: Runtime, site: t.Site, typed: str, known: str = "") -> str:
    """Return a cleaned URL of a site, or one with the origin of the URL ``known``.

    Raises:
        InvalidFields: it is not a valid URL.
        OriginUnknown: its origin is not registered for the site.
    """
    try:
        url = addresses.clean_page_url(typed)
        origin = addresses.origin(url)
    except ValueError as error:
        raise InvalidFields({"url": [staff_sentence("%(why)s.", why=error)]}) from None
    public = runtime.settings.public_url
    own = {addresses.origin(address) for address in (known, public) if address}
    if not is_registered(origin, own | set(site.origins)):
        raise OriginUnknown(
            "%(origin)s is not registered for %(site)s. Its owner can add it on the page “Sites "
            "and origins”.",
            origin=origin,
            site=site.name,
        )
    return url


def retitle(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    title: str,
    actor: str,
    moderator_id: int | None = None,
) -> t.Page:
    """Change a page's title (at most 300 characters); the page's own title no longer changes it.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites.
        InvalidFields: the title is empty.
    """
    (page,) = lock_pages(session, moderator_id, page_id)
    title = " ".join(title.split())[:MAX_TITLE]
    if not title:
        raise InvalidFields({"title": [staff_sentence("Write a title.")]})
    before, page.title = page.title, title
    page.title_by_moderator = True
    if before != title:
        _record_change(
            session, runtime, page, before={"title": before}, after={"title": title}, actor=actor
        )
    return page


def change_address(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    url: str,
    actor: str,
    moderator_id: int | None = None,
) -> t.Page:
    """Change a page's URL; the old URL becomes an alias.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites.
        InvalidFields: the URL is invalid.
        OriginUnknown: its origin is not registered for the site.
        AlreadyDone: another page has this URL.
    """
    (page,) = lock_pages(session, moderator_id, page_id)
    url, before = site_address(session, runtime, page, url), page.url
    _require_free(session, page, url)
    if url == before:
        return page
    for row in pages.aliases_like(session, page, url):
        if row.url == url:
            session.delete(row)
    page.url, page.key = url, addresses.page_key(url)
    session.flush()
    pages.add_alias(session, page, before, runtime.now())
    _record_change(
        session, runtime, page, before={"address": before}, after={"address": url}, actor=actor
    )
    site = session.get_one(t.Site, page.site_id).key
    payload = {"page_id": page.id, "from_url": before, "to_url": url}
    announce(session, events.page_moved.name, site, **payload)
    return page


def add_alias(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    url: str,
    actor: str,
    moderator_id: int | None = None,
) -> t.Page:
    """Add another URL to a page.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites.
        InvalidFields: the URL is invalid, or the page has it already in some spelling.
        OriginUnknown: its origin is not registered for the site.
        AlreadyDone: another page has this URL.
    """
    (page,) = lock_pages(session, moderator_id, page_id)
    url = site_address(session, runtime, page, url)
    _require_free(session, page, url)
    if pages.find(session, page.site_id, url) is not None:
        sentence = staff_sentence("The page has this address already, in this or another spelling.")
        raise InvalidFields({"url": [sentence]})
    pages.add_alias(session, page, url, runtime.now())
    _record_change(session, runtime, page, before={}, after={"alias": url}, actor=actor)
    return page


def remove_alias(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    alias_id: int,
    actor: str,
    moderator_id: int | None = None,
) -> t.Page:
    """Remove an alias from a page; new comments at that URL start a thread of their own.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites, or it has no such alias.
    """
    (page,) = lock_pages(session, moderator_id, page_id)
    row = session.get(t.PageAlias, alias_id)
    if row is None or row.page_id != page.id:
        raise DoesNotExist("The page does not have this address (any more).")
    url = row.url
    session.delete(row)
    _record_change(
        session, runtime, page, before={"alias": url}, after={"alias_removed": url}, actor=actor
    )
    return page


def _require_free(session: Session, page: t.Page, url: str) -> None:
    """Check that no other page has a URL.

    Raises:
        AlreadyDone: another page has it.
    """
    other = pages.find(session, page.site_id, url)
    if other is not None and other.id != page.id:
        raise AlreadyDone(TAKEN, url=url, title=other.title or other.url, page_id=other.id)


def _record_change(
    session: Session, runtime: Runtime, page: t.Page, *, before: Changes, after: Changes, actor: str
) -> None:
    """Add an audit entry and bump the page's revision."""
    pages.add_audit_entry(session, page, before=before, after=after, actor=actor, now=runtime.now())
    threads.bump_revision(session, page.id)
