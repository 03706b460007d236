"""A reader takes a like back on their own account's page, whatever became of what it is of."""

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.runtime import Runtime
from comment_service.storage import belongings, threads
from comment_service.storage import tables as t
from comment_service.storage.session import announce


def take_back_like(
    *, session: Session, runtime: Runtime, site: t.Site, author: t.Author, kind: str, like_id: int
) -> None:
    """Take back a like, whatever became of what it is of; doing it twice changes nothing.

    Raises:
        KeyError: ``kind`` is none of ``belongings.LIKES``.
    """
    row: belongings.Like | None = _given(session, kind, like_id)
    if row is None or row.author_id != author.id:
        return
    comment = session.get(t.Comment, row.comment_id) if isinstance(row, t.CommentLike) else None
    page_id = row.page_id if isinstance(row, t.PageLike) else comment.page_id if comment else 0
    threads.lock(session, page_id)
    session.delete(row)
    session.flush()
    if comment is not None:
        threads.recount_likes(session, comment)
    else:
        threads.touch(session, page_id)
    count = comment.like_count if comment else session.get_one(t.Page, page_id).like_count
    told = {"page_id": page_id, "comment_id": comment.id if comment else None, "count": count}
    announce(session, events.like_changed.name, site.key, liked=False, **told)


def _given(session: Session, kind: str, like_id: int) -> belongings.Like | None:
    if belongings.LIKES[kind] is t.PageLike:
        return session.get(t.PageLike, like_id)
    return session.get(t.CommentLike, like_id)
