"""Close or reopen a thread, pin a comment, block, shadow-ban or trust an author."""

from datetime import datetime

from sqlalchemy.orm import Session

from comment_service.errors import CommentNotFound, DoesNotExist, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db import locks
from comment_service.storage.pages import pages
from comment_service.text.sentences import staff_sentence

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
    """Close or reopen a page's thread; the comment form disappears or returns at once.

    ``moderator_id`` is None for the server's operator.

    Raises:
        DoesNotExist: the page has no thread yet, or the moderator does not moderate this site.
    """
    if moderator_id is not None:
        rights.require(session, moderator_id, site_id)
    page = lock_page(session, site_id, url)
    page.closed_at = runtime.now() if closed else None
    session.flush()
    threads.bump_revision(session, page.id)
    return page


def pin(*, session: Session, moderator_id: int, comment_id: int, pinned: bool) -> t.Comment:
    """Pin a comment to the top of its page, replacing another pinned one, or unpin it.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites.
        InvalidFields: it is not public, or is a reply.
    """
    comment = rights.require_comment(session, moderator_id, comment_id)
    locks.lock_comment(session, comment)
    if pinned and (comment.status != t.PUBLISHED or comment.parent_id is not None):
        sentence = staff_sentence("Only what is published and answers nobody can stand first.")
        raise InvalidFields({"pinned": [sentence]})
    comment.page.pinned_id = comment.id if pinned else None
    session.flush()
    threads.bump_revision(session, comment.page_id)
    return comment


def lock_page(session: Session, site_id: int, url: str) -> t.Page:
    """Return the page with a URL, locked until the end of the transaction.

    Raises:
        DoesNotExist: the page has no thread yet.
    """
    page = locks.lock_page(session, lambda: pages.find(session, site_id, url))
    if page is None:
        raise DoesNotExist("Nothing was said on %(url)s yet; check the address.", url=url)
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
    """Block, shadow-ban or trust a comment's author, or clear that (``mark`` is one of ``MARKS``).

    A block ends at ``until``, or never; a shadow-ban is a block that its author does not notice.
    ``moderator_id`` is None for the server's operator.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites.
    """
    comment = session.get(t.Comment, comment_id)
    if comment is None:
        raise CommentNotFound("There is no comment %(comment_id)s.", comment_id=comment_id)
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
