"""Who likes a comment or page, and what one author likes on a page."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.storage.comments import author_history
from comment_service.storage.tables import (
    DELETED,
    PUBLISHED,
    Author,
    Comment,
    CommentLike,
    Page,
    PageLike,
)


def likers(
    session: Session, page: Page | None, comment: Comment | None, limit: int, now: datetime
) -> tuple[Sequence[Author], int]:
    """Return the newest named authors who like a comment or the page, and the number of all likes.

    Blocked authors are left out of the names.
    """
    if page is None:
        return [], 0
    query = select(Author).where(Author.name != "", ~author_history.blocked(now))
    if comment is not None:
        query = query.join(CommentLike).where(CommentLike.comment_id == comment.id)
        found = session.scalars(query.order_by(CommentLike.id.desc()).limit(limit))
        return list(found), comment.like_count
    query = query.join(PageLike).where(PageLike.page_id == page.id)
    return list(session.scalars(query.order_by(PageLike.id.desc()).limit(limit))), page.like_count


def liked_by(session: Session, page: Page, author_id: int) -> tuple[Sequence[int], bool]:
    """Return the ids of a page's comments that an author likes, and if they like the page."""
    query = select(CommentLike.comment_id).join(Comment, Comment.id == CommentLike.comment_id)
    mine = query.where(Comment.page_id == page.id, CommentLike.author_id == author_id)
    of_page = select(PageLike.id).where(PageLike.page_id == page.id)
    likes_page = session.scalar(of_page.where(PageLike.author_id == author_id)) is not None
    return list(session.scalars(mine)), likes_page


def unpublished_of(
    session: Session, page: Page, author_id: int, limit: int = 50
) -> Sequence[Comment]:
    """Return an author's comments on a page that only the author can see, newest first."""
    query = select(Comment).where(
        Comment.page_id == page.id,
        Comment.author_id == author_id,
        Comment.status.not_in((PUBLISHED, DELETED)),
    )
    return list(session.scalars(query.order_by(Comment.id.desc()).limit(limit)))
