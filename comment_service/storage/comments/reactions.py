"""Emoji reactions: counts per comment, and an author's own."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comment_service.storage.tables import Comment, Page, Reaction

MOST = 1000
"""Most reactions of one reader that a page lists; the newest are kept."""

Counts = Mapping[str, int]


def counts(session: Session, comment_ids: Sequence[int]) -> Mapping[int, Counts]:
    """Return comment id → emoji → count, from the rows in one query."""
    if not comment_ids:
        return {}
    query = (
        select(Reaction.comment_id, Reaction.emoji, func.count())
        .where(Reaction.comment_id.in_(comment_ids))
        .group_by(Reaction.comment_id, Reaction.emoji)
    )
    found: dict[int, dict[str, int]] = {}
    for comment_id, emoji, number in session.execute(query):
        found.setdefault(comment_id, {})[emoji] = number
    return found


def count(session: Session, comment_id: int, emoji: str) -> int:
    """Return how many readers gave a comment this emoji."""
    return counts(session, [comment_id]).get(comment_id, {}).get(emoji, 0)


def given_by(session: Session, page: Page, author_id: int) -> Sequence[tuple[int, str]]:
    """Return the (comment id, emoji) pairs of an author on a page, newest first."""
    query = (
        select(Reaction.comment_id, Reaction.emoji)
        .join(Comment, Comment.id == Reaction.comment_id)
        .where(Comment.page_id == page.id, Reaction.author_id == author_id)
        .order_by(Reaction.id.desc())
    )
    return [(key, emoji) for key, emoji in session.execute(query.limit(MOST))]
