"""Move a part of a thread to another page, for example after a wrong merge."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.pages.edit_page import lock_pages, site_address
from comment_service.errors import InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db.session import announce
from comment_service.storage.pages import moves, pages
from comment_service.text import addresses
from comment_service.text.sentences import staff_sentence


def split(
    *,
    session: Session,
    runtime: Runtime,
    page_id: int,
    comment_ids: Sequence[int],
    url: str,
    actor: str,
    moderator_id: int | None = None,
) -> t.Page:
    """Move top-level comments with all their replies to the page at a URL; return that page.

    If no page has the URL, a new one is created; if the URL is an alias of this page, it becomes
    the new page's URL. Likes of the page and subscriptions to the whole page stay. A subscription
    to replies moves if all comments of its author have moved.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites.
        InvalidFields: the URL is invalid or the page's own, or no comment of the page is selected.
        OriginUnknown: the URL's origin is not registered for the site.
    """
    page = rights.require_page(session, moderator_id, page_id)
    url = site_address(session, runtime, page, url)
    existing = pages.find(session, page.site_id, url)
    locked_pages = lock_pages(
        session, moderator_id, page_id, existing.id if existing is not None else page_id
    )
    roots = _roots(session, page, comment_ids)
    target = locked_pages[1] if locked_pages[1].id != page.id else _new_page(session, page, url)
    moved = moves.move_comments(session, page.id, target.id, roots)
    moves.move_reply_subscriptions(session, page.id, target.id)
    session.expire_all()
    if page.pinned_id in roots:
        page.pinned_id = None
    target.revision = max(target.revision, page.revision)
    after = {"moved_to": target.url, "comments": moved}
    pages.add_audit_entry(session, page, before={}, after=after, actor=actor, now=runtime.now())
    for changed in (page, target):
        threads.bump_revision(session, changed.id)
    payload = {"from_page_id": page.id, "page_id": target.id, "comments": moved}
    site = session.get_one(t.Site, page.site_id).key
    announce(session, events.comments_moved.name, site, **payload)
    return target


def _roots(session: Session, page: t.Page, comment_ids: Sequence[int]) -> Sequence[int]:
    """Return which of these ids are top-level comments of the page.

    Raises:
        InvalidFields: none is.
    """
    query = select(t.Comment.id).where(
        t.Comment.id.in_(comment_ids), t.Comment.page_id == page.id, t.Comment.depth == 0
    )
    found = list(session.scalars(query))
    if not found:
        raise InvalidFields({"comment": [staff_sentence("Choose at least one comment.")]})
    return found


def _new_page(session: Session, page: t.Page, url: str) -> t.Page:
    """Create a page at a URL that no other page has; an alias of this page is moved to it.

    Raises:
        InvalidFields: the URL is the page's own.
    """
    key = addresses.page_key(url)
    if key == page.key:
        sentence = staff_sentence("They are on this page already; give another address.")
        raise InvalidFields({"url": [sentence]})
    for row in pages.aliases_like(session, page, url):
        session.delete(row)
    new_page = t.Page(site_id=page.site_id, url=url, key=key, title=page.title)
    new_page.created_at, new_page.revision = page.created_at, page.revision
    new_page.comment_count = new_page.like_count = 0
    session.add(new_page)
    session.flush()
    return new_page
