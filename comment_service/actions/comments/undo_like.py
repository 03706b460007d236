"""A reader withdraws a like or reaction on the account page, whatever the comment's status."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import reactions, threads
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce
from comment_service.storage.readers import activity


def undo_like(
    *, session: Session, runtime: Runtime, site: t.Site, author: t.Author, kind: str, like_id: int
) -> None:
    """Withdraw a like or reaction. Idempotent.

    Raises:
        KeyError: ``kind`` is not in ``activity.LIKES``.
    """
    row = _find(session, kind, like_id)
    if row is None or row.author_id != author.id:
        return
    page_id = _lock_page(session, row)
    row = _find(session, kind, like_id)
    if row is None:  # a concurrent merge of two pages removed it as a duplicate
        return
    comment = None if isinstance(row, t.PageLike) else session.get_one(t.Comment, row.comment_id)
    session.delete(row)
    session.flush()
    if row.unseen:
        return
    if isinstance(row, t.Reaction):
        threads.bump_revision(session, page_id)
        payload = {"page_id": page_id, "comment_id": row.comment_id, "emoji": row.emoji}
        count = reactions.count(session, row.comment_id, row.emoji)
        announce(
            session, events.reaction_changed.name, site.key, given=False, count=count, **payload
        )
        return
    threads.on_like_changed(session, page_id, comment)
    count = comment.like_count if comment else session.get_one(t.Page, page_id).like_count
    payload = {"page_id": page_id, "comment_id": comment.id if comment else None, "count": count}
    announce(session, events.like_changed.name, site.key, liked=False, **payload)


def _lock_page(session: Session, row: activity.Like) -> int:
    """Lock the page of a like; return the page's id."""
    if isinstance(row, t.PageLike):
        query = select(t.PageLike.page_id).where(t.PageLike.id == row.id)
    else:
        query = select(t.Comment.page_id).where(t.Comment.id == row.comment_id)
    page_ids = locks.lock_found_pages(session, lambda: session.scalars(query).all())
    return page_ids[0] if page_ids else 0


def _find(session: Session, kind: str, like_id: int) -> activity.Like | None:
    row = session.get(activity.LIKES[kind], like_id, populate_existing=True)
    return row if isinstance(row, activity.Like) else None
