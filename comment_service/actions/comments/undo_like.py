"""A reader takes back a like or an emoji on the account's page, whatever became of its comment."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import reactions, threads
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce
from comment_service.storage.readers import activity


def take_back_like(
    *, session: Session, runtime: Runtime, site: t.Site, author: t.Author, kind: str, like_id: int
) -> None:
    """Take back a like or an emoji; doing it twice changes nothing.

    Raises:
        KeyError: ``kind`` is none of ``belongings.LIKES``.
    """
    row = _given(session, kind, like_id)
    if row is None or row.author_id != author.id:
        return
    page_id = _locked(session, row)
    row = _given(session, kind, like_id)
    if row is None:  # a merge left one of two
        return
    comment = None if isinstance(row, t.PageLike) else session.get_one(t.Comment, row.comment_id)
    session.delete(row)
    session.flush()
    if isinstance(row, t.Reaction):
        threads.touch(session, page_id)
        told = {"page_id": page_id, "comment_id": row.comment_id, "emoji": row.emoji}
        count = reactions.count(session, row.comment_id, row.emoji)
        announce(session, events.reaction_changed.name, site.key, given=False, count=count, **told)
        return
    if comment is not None:
        threads.recount_likes(session, comment)
    else:
        threads.touch(session, page_id)
    count = comment.like_count if comment else session.get_one(t.Page, page_id).like_count
    told = {"page_id": page_id, "comment_id": comment.id if comment else None, "count": count}
    announce(session, events.like_changed.name, site.key, liked=False, **told)


def _locked(session: Session, row: activity.Like) -> int:
    """Lock the page where something was liked, and return it."""
    if isinstance(row, t.PageLike):
        query = select(t.PageLike.page_id).where(t.PageLike.id == row.id)
    else:
        query = select(t.Comment.page_id).where(t.Comment.id == row.comment_id)
    found = locks.found(session, lambda: session.scalars(query).all())
    return found[0] if found else 0


def _given(session: Session, kind: str, like_id: int) -> activity.Like | None:
    found = session.get(activity.LIKES[kind], like_id, populate_existing=True)
    return found if isinstance(found, activity.Like) else None
