"""An author's recent comments on a page, and whether they can still be changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comment_service.storage.tables import DELETED, PUBLISHED, Comment, Revision

MOST = 50
"""Most comments of one author that a page lists."""


def written_since(
    session: Session, page_id: int, author_id: int, moment: datetime, limit: int
) -> Sequence[Comment]:
    """Return an author's comments on a page written since a time, newest first."""
    query = select(Comment).where(
        Comment.page_id == page_id,
        Comment.author_id == author_id,
        Comment.created_at > moment,
        Comment.status != DELETED,
    )
    return list(session.scalars(query.order_by(Comment.id.desc()).limit(limit)))


def changed_by_moderators(session: Session, comment_ids: Sequence[int]) -> Sequence[int]:
    """Return the ids of those of these comments whose text a moderator changed."""
    query = select(Revision.comment_id).where(
        Revision.comment_id.in_(comment_ids), Revision.moderator_id.is_not(None)
    )
    return list(session.scalars(query.distinct()))


def last_revision(session: Session, comment_id: int) -> int:
    """Return the id of a comment's newest earlier text, 0 if it was never edited."""
    query = select(func.max(Revision.id)).where(Revision.comment_id == comment_id)
    return session.scalar(query) or 0


def has_other_comment(session: Session, author_id: int, comment_id: int) -> bool:
    """Return True if an author has another comment that is not deleted."""
    query = select(Comment.id).where(
        Comment.author_id == author_id, Comment.id != comment_id, Comment.status != DELETED
    )
    return session.scalar(query.limit(1)) is not None


def is_public_to(comment: Comment, author_id: int | None) -> bool:
    """Return True if a comment is public, or the author sees it as if it were."""
    if comment.status == PUBLISHED:
        return True
    is_own = author_id is not None and comment.author_id == author_id
    return is_own and is_believed_public(comment)


def is_believed_public(comment: Comment) -> bool:
    """Return True if a shadow-banned author sees this comment of theirs as published.

    That is what they sent since the ban, and nobody else sees.
    """
    author = comment.author
    if comment.status in {PUBLISHED, DELETED} or not author.shadowed or author.blocked_at is None:
        return False
    return (comment.edited_at or comment.created_at) >= author.blocked_at
