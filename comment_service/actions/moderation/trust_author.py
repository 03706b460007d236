"""What an owner settles once: a page that takes no more comments, an author trusted or blocked."""

from datetime import datetime

from sqlalchemy.orm import Session

from comment_service.errors import CommentGone, InvalidFields, NotThere
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db import locks
from comment_service.storage.pages import pages

MARKS = ("block", "shadow", "trust", "clear")


def close_page(
    *,
    session: Session,
    runtime: Runtime,
    site_id: int,
    url: str,
    closed: bool,
    moderator_id: int | None = None,
) -> t.Page:
    """Close a page's thread, or open it again; readers see the form come or go at once.

    ``moderator_id`` is who does it, None for whoever runs the server.

    Raises:
        NotThere: nobody has said anything on this page yet, or the moderator does not decide here.
    """
    if moderator_id is not None:
        rights.require(session, moderator_id, site_id)
    page = locked_page(session, site_id, url)
    page.closed_at = runtime.now() if closed else None
    session.flush()
    threads.touch(session, page.id)
    return page


def pin(*, session: Session, moderator_id: int, comment_id: int, pinned: bool) -> t.Comment:
    """Let a comment stand first on its page, in the place of another one, or no longer.

    Raises:
        CommentGone: there is no such comment where this moderator decides.
        InvalidFields: it is not public, or answers another comment.
    """
    comment = rights.comment(session, moderator_id, comment_id)
    locks.comment(session, comment)
    if pinned and (comment.status != t.PUBLISHED or comment.parent_id is not None):
        raise InvalidFields(
            {"pinned": ["Only what is published and answers nobody can stand first."]}
        )
    comment.page.pinned_id = comment.id if pinned else None
    session.flush()
    threads.touch(session, comment.page_id)
    return comment


def locked_page(session: Session, site_id: int, url: str) -> t.Page:
    """Return the page of an address, locked until the end of the transaction.

    Raises:
        NotThere: nobody has said anything on this page yet.
    """
    page = locks.page(session, lambda: pages.find(session, site_id, url))
    if page is None:
        raise NotThere(f"Nothing was said on {url} yet; check the address.")
    return page


def mark_author(
    *,
    session: Session,
    runtime: Runtime,
    comment_id: int,
    mark: str,
    until: datetime | None = None,
    moderator_id: int | None = None,
) -> t.Author:
    """Block (for good, or until a time) or trust whoever wrote a comment, or ``clear`` either.

    A ``shadow`` is a block that its author does not notice.
    ``moderator_id`` is who does it, None for whoever runs the server.

    Raises:
        CommentGone: there is no such comment where this moderator decides.
    """
    comment = session.get(t.Comment, comment_id)
    if comment is None:
        raise CommentGone(f"There is no comment {comment_id}.")
    if moderator_id is not None:
        rights.require(session, moderator_id, comment.site_id)
    author = session.get_one(t.Author, comment.author_id)
    blocks = mark in {"block", "shadow"}
    author.blocked_until = until if blocks else None
    author.blocked_at = runtime.now() if blocks else None
    author.shadowed = mark == "shadow"
    author.trusted_at = runtime.now() if mark == "trust" else None
    session.flush()
    return author
