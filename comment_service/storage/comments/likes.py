"""Who likes a comment or page, and what one author likes on a page."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, cast, select
from sqlalchemy.orm import InstrumentedAttribute, Session

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

    Blocked authors are left out of the names, and likes that only their author sees entirely.
    """
    if page is None:
        return [], 0
    query = select(Author).where(Author.name != "", ~author_history.blocked(now))
    if comment is not None:
        query = query.join(CommentLike).where(
            CommentLike.comment_id == comment.id, ~CommentLike.unseen
        )
        found = session.scalars(query.order_by(CommentLike.id.desc()).limit(limit))
        return list(found), comment.like_count
    query = query.join(PageLike).where(PageLike.page_id == page.id, ~PageLike.unseen)
    return list(session.scalars(query.order_by(PageLike.id.desc()).limit(limit))), page.like_count


def liked_by(session: Session, page: Page, author_id: int) -> tuple[Mapping[int, int], int | None]:
    """Return what an author likes on a page, with the numbers of likes that the author sees.

    Returns comment id → number, and the page's number, None if the author does not like the page.
    """
    seen = Comment.like_count + _own(CommentLike.unseen)
    query = select(CommentLike.comment_id, seen)
    query = query.join(Comment, Comment.id == CommentLike.comment_id)
    mine = query.where(Comment.page_id == page.id, CommentLike.author_id == author_id)
    mine = mine.join(Author, Author.id == CommentLike.author_id)
    of_page = (
        select(Page.like_count + _own(PageLike.unseen))
        .join(PageLike, PageLike.page_id == Page.id)
        .join(Author, Author.id == PageLike.author_id)
    )
    number = session.scalar(of_page.where(Page.id == page.id, PageLike.author_id == author_id))
    return dict(session.execute(mine).all()), number


def _own(unseen: InstrumentedAttribute[bool]) -> ColumnElement[int]:
    """Return 1 for a like that counts for its author alone, while the author is shadow-banned."""
    return cast(and_(unseen, Author.shadowed), Integer)


def unseen_by_others(session: Session, page: Page, author_id: int) -> tuple[Sequence[int], bool]:
    """Return what ``liked_by`` returns, but only of likes that count for their author alone."""
    query = select(CommentLike.comment_id).join(Comment, Comment.id == CommentLike.comment_id)
    mine = query.where(Comment.page_id == page.id, CommentLike.author_id == author_id)
    of_page = select(PageLike.id).where(PageLike.page_id == page.id, PageLike.unseen)
    likes_page = session.scalar(of_page.where(PageLike.author_id == author_id)) is not None
    return list(session.scalars(mine.where(CommentLike.unseen))), likes_page


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
