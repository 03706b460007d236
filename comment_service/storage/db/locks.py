"""Locks on pages: one transaction at a time changes a thread, wherever it stands by then.

On PostgreSQL a count in an UPDATE that waited would be of before the wait; a statement of its own,
first, makes what follows see what the others committed. While a lock is waited for, a thread may go
over to another page: whoever waited looks again, and locks that one. Pages are locked in the order
of their ids, and before any comment is.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.storage.tables import Comment, Page

Found = TypeVar("Found", Page, Page | None)


def page(session: Session, find: Callable[[], Found]) -> Found:
    """Return the page that ``find`` finds, locked until the transaction's end."""
    found = find()
    while found is not None and not _there(session, found.id):
        session.expunge(found)
        found = find()
    return found


def comment(session: Session, one: Comment) -> None:
    """Lock a comment and the page that it stands on, and read it as it is now."""
    page_id = None
    while page_id != one.page_id:
        page_id = one.page_id
        _there(session, page_id)
        session.refresh(one, ["page_id"])
    session.refresh(one, with_for_update=True)


def pages_of(session: Session, comment_ids: Sequence[int]) -> None:
    """Lock the pages of these comments until the transaction's end."""
    query = select(Comment.page_id).where(Comment.id.in_(comment_ids)).distinct()
    found(session, lambda: session.scalars(query).all())


def found(session: Session, find: Callable[[], Sequence[int]]) -> Sequence[int]:
    """Lock the pages whose ids ``find`` finds, until the transaction's end; return the ids."""
    locked: set[int] = set()
    while missing := set(ids := find()) - locked:
        pages(session, sorted(missing))
        locked |= missing
    return ids


def pages(session: Session, page_ids: Sequence[int]) -> None:
    """Lock pages until the transaction's end, those that are still there."""
    query = select(Page.id).where(Page.id.in_(page_ids)).order_by(Page.id).with_for_update()
    session.execute(query)


def _there(session: Session, page_id: int) -> bool:
    """Lock a page; tell whether it is still there."""
    query = select(Page.id).where(Page.id == page_id).with_for_update()
    return session.scalar(query) is not None
