"""A part of a thread goes to another page: the way back from a merge that was wrong."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.pages.edit_page import locked, own_address
from comment_service.errors import InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db.session import announce
from comment_service.storage.pages import moves, pages
from comment_service.text import addresses


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
    """Move top-level comments, with all below them, to the page at an address; return that page.

    Where no thread stands there one begins; where the address is one of the page's others, it is
    the new thread's own from now on. Likes of the page stay, and so do wishes to hear of all of it;
    who wished for replies and has comments there alone now, hears of them there.

    Raises:
        NotThere: there is no such page where the moderator decides.
        InvalidFields: the address is none, or the page's own; or no comment of the page is chosen.
        OriginUnknown: the address is not registered for the site.
    """
    page = rights.page(session, moderator_id, page_id)
    url = own_address(session, runtime, page, url)
    found = pages.find(session, page.site_id, url)
    both = locked(session, moderator_id, page_id, found.id if found is not None else page_id)
    roots = _roots(session, page, comment_ids)
    target = both[1] if both[1].id != page.id else _begun(session, page, url)
    moved = moves.comments(session, page.id, target.id, roots)
    moves.replies_wanted(session, page.id, target.id)
    session.expire_all()
    if page.pinned_id in roots:
        page.pinned_id = None
    target.revision = max(target.revision, page.revision)
    after = {"moved_to": target.url, "comments": moved}
    pages.note(session, page, before={}, after=after, actor=actor, now=runtime.now())
    for one in (page, target):
        threads.touch(session, one.id)
    told = {"from_page_id": page.id, "page_id": target.id, "comments": moved}
    site = session.get_one(t.Site, page.site_id).key
    announce(session, events.comments_moved.name, site, **told)
    return target


def _roots(session: Session, page: t.Page, comment_ids: Sequence[int]) -> Sequence[int]:
    """Return which of these are top-level comments of the page.

    Raises:
        InvalidFields: none is.
    """
    query = select(t.Comment.id).where(
        t.Comment.id.in_(comment_ids), t.Comment.page_id == page.id, t.Comment.depth == 0
    )
    found = list(session.scalars(query))
    if not found:
        raise InvalidFields({"comment": ["Choose at least one comment."]})
    return found


def _begun(session: Session, page: t.Page, url: str) -> t.Page:
    """Return a new page at an address that is no other's; it takes it from those of this page.

    Raises:
        InvalidFields: it is the page's own.
    """
    key = addresses.page_key(url)
    if key == page.key:
        raise InvalidFields({"url": ["They are on this page already; give another address."]})
    for row in pages.aliases_like(session, page, url):
        session.delete(row)
    made = t.Page(site_id=page.site_id, url=url, key=key, title=page.title)
    made.created_at, made.revision = page.created_at, page.revision
    made.comment_count = made.like_count = 0
    session.add(made)
    session.flush()
    return made
