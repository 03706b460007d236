"""Page locks: only one transaction at a time changes a thread.

On PostgreSQL, an UPDATE that waited for a lock would count rows as they were before the wait. A
separate locking statement first makes the following statements see what others committed. A thread
can move to another page during the wait, so after the wait the page is looked up again. Pages are
locked in the order of their ids, and before any comment.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from comment_service.storage.db import prepared
from comment_service.storage.tables import Comment, Page

_LOCK_PAGE = select(Page.id).where(Page.id == bindparam("page_id")).with_for_update()

Found = TypeVar("Found", Page, Page | None)


def lock_page(session: Session, find: Callable[[], Found]) -> Found:
    """Return the page that ``find`` returns, locked until the end of the transaction."""
    found = find()
    while found is not None and not _lock_existing(session, found.id):
        session.expunge(found)
        found = find()
    return found


def lock_comment(session: Session, one: Comment) -> None:
    """Lock a comment and its page, and reload the comment."""
    page_id = None
    while page_id != one.page_id:
        page_id = one.page_id
        _lock_existing(session, page_id)
        session.refresh(one, ["page_id"])
    session.refresh(one, with_for_update=True)


def lock_pages_of(session: Session, comment_ids: Sequence[int]) -> None:
    """Lock the pages of these comments until the end of the transaction."""
    query = select(Comment.page_id).where(Comment.id.in_(comment_ids)).distinct()
    lock_found_pages(session, lambda: session.scalars(query).all())


def lock_found_pages(session: Session, find: Callable[[], Sequence[int]]) -> Sequence[int]:
    """Lock the pages whose ids ``find`` returns until the transaction ends; return the ids."""
    locked: set[int] = set()
    while missing := set(ids := find()) - locked:
        lock_pages(session, sorted(missing))
        locked |= missing
    return ids


def lock_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Lock those of these pages that still exist, until the end of the transaction."""
    query = select(Page.id).where(Page.id.in_(page_ids)).order_by(Page.id).with_for_update()
    session.execute(query)


def _lock_existing(session: Session, page_id: int) -> bool:
    """Lock a page; return True if it still exists.

    On SQLite a writing transaction is alone, and what it has read does not change.
    """
    if session.get_bind().dialect.name == "sqlite":
        return True
    return prepared.first(session, _LOCK_PAGE, page_id=page_id) is not None
