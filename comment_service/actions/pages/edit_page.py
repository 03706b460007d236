"""What a moderator corrects about a page: its title, its address, its other addresses."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.errors import AlreadyDone, InvalidFields, NotThere, OriginUnknown
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce
from comment_service.storage.pages import pages
from comment_service.text import addresses

Changes = Mapping[str, str]
MAX_TITLE = 300
TAKEN = "Another thread stands at %(url)s (“%(title)s”). Merge the two instead."


def locked(session: Session, moderator_id: int | None, *page_ids: int) -> Sequence[t.Page]:
    """Return pages as they are now, locked in the order of their ids until the transaction's end.

    ``moderator_id`` is who asks, None for whoever runs the server.

    Raises:
        NotThere: one does not exist, or the moderator does not decide on its site.
    """
    locks.pages(session, page_ids)
    query = select(t.Page).where(t.Page.id.in_(page_ids))
    there = session.scalars(query.execution_options(populate_existing=True)).all()
    if len(there) < len(set(page_ids)):  # one was merged away while its lock was waited for
        raise NotThere(rights.NO_PAGE)
    return [rights.page(session, moderator_id, page_id) for page_id in page_ids]


def own_address(session: Session, runtime: Runtime, page: t.Page, typed: str) -> str:
    """Return an address as pages have theirs, one of the page's site.

    Raises:
        InvalidFields: it is no address.
        OriginUnknown: it is not registered for the site.
    """
    try:
        url = addresses.page_address(typed)
        origin = addresses.origin(url)
    except ValueError as error:
        raise InvalidFields({"url": [f"{error}."]}) from None
    site = session.get_one(t.Site, page.site_id)
    public = runtime.settings.public_url
    own = {addresses.origin(known) for known in (page.url, public) if known}
    if origin not in own | set(site.origins):
        raise OriginUnknown(
            "%(origin)s is not registered for %(site)s. Its owner can add it: %(command)s",
            origin=origin,
            site=site.name,
            command=f"comment-service site add-origin {site.key} {origin}",
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
    """Give a page another title, of at most 300 characters.

    Raises:
        NotThere: there is no such page where the moderator decides.
        InvalidFields: there is nothing in it.
    """
    (page,) = locked(session, moderator_id, page_id)
    title = " ".join(title.split())[:MAX_TITLE]
    if not title:
        raise InvalidFields({"title": ["Write a title."]})
    before, page.title = page.title, title
    if before != title:
        _changed(
            session, runtime, page, before={"title": before}, after={"title": title}, actor=actor
        )
    return page


def readdress(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    url: str,
    actor: str,
    moderator_id: int | None = None,
) -> t.Page:
    """Give a page another address; the one before becomes one of its others.

    Raises:
        NotThere: there is no such page where the moderator decides.
        InvalidFields: the address is none.
        OriginUnknown: it is not registered for the site.
        AlreadyDone: another thread stands there.
    """
    (page,) = locked(session, moderator_id, page_id)
    url, before = own_address(session, runtime, page, url), page.url
    _refuse_taken(session, page, url)
    if url == before:
        return page
    for row in pages.aliases_like(session, page, url):
        if row.url == url:
            session.delete(row)
    page.url, page.key = url, addresses.page_key(url)
    session.flush()
    pages.alias(session, page, before, runtime.now())
    _changed(
        session, runtime, page, before={"address": before}, after={"address": url}, actor=actor
    )
    site = session.get_one(t.Site, page.site_id).key
    told = {"page_id": page.id, "from_url": before, "to_url": url}
    announce(session, events.page_moved.name, site, **told)
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
    """Have a page known under another address too.

    Raises:
        NotThere: there is no such page where the moderator decides.
        InvalidFields: the address is none, or the page has it already, in some spelling.
        OriginUnknown: it is not registered for the site.
        AlreadyDone: another thread stands there.
    """
    (page,) = locked(session, moderator_id, page_id)
    url = own_address(session, runtime, page, url)
    _refuse_taken(session, page, url)
    if pages.find(session, page.site_id, url) is not None:
        raise InvalidFields(
            {"url": ["The page has this address already, in this or another spelling."]}
        )
    pages.alias(session, page, url, runtime.now())
    _changed(session, runtime, page, before={}, after={"alias": url}, actor=actor)
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
    """Take one of its other addresses from a page; a comment there begins a thread of its own.

    Raises:
        NotThere: there is no such page where the moderator decides, or it has no such address.
    """
    (page,) = locked(session, moderator_id, page_id)
    row = session.get(t.PageAlias, alias_id)
    if row is None or row.page_id != page.id:
        raise NotThere("The page does not have this address (any more).")
    url = row.url
    session.delete(row)
    _changed(
        session, runtime, page, before={"alias": url}, after={"alias_removed": url}, actor=actor
    )
    return page


def _refuse_taken(session: Session, page: t.Page, url: str) -> None:
    """Refuse an address at which another thread stands.

    Raises:
        AlreadyDone: it does.
    """
    other = pages.find(session, page.site_id, url)
    if other is not None and other.id != page.id:
        raise AlreadyDone(TAKEN, url=url, title=other.title or other.url, page_id=other.id)


def _changed(
    session: Session, runtime: Runtime, page: t.Page, *, before: Changes, after: Changes, actor: str
) -> None:
    """Write the audit line and show the change to readers."""
    pages.note(session, page, before=before, after=after, actor=actor, now=runtime.now())
    threads.touch(session, page.id)
