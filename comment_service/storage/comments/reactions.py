"""Emoji reactions: counts per comment, and an author's own."""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from comment_service.storage.tables import Author, Comment, Page, Reaction

MOST = 1000
"""Most reactions of one reader that a page lists; the newest are kept."""

Counts = Mapping[str, int]


def counts(session: Session, comment_ids: Sequence[int]) -> Mapping[int, Counts]:
    """Return comment id → emoji → count, from the rows in one query."""
    if not comment_ids:
        return {}
    query = (
        select(Reaction.comment_id, Reaction.emoji, func.count())
        .where(Reaction.comment_id.in_(comment_ids), ~Reaction.unseen)
        .group_by(Reaction.comment_id, Reaction.emoji)
    )
    found: dict[int, dict[str, int]] = {}
    for comment_id, emoji, number in session.execute(query):
        found.setdefault(comment_id, {})[emoji] = number
    return found


def count(session: Session, comment_id: int, emoji: str) -> int:
    """Return how many readers gave a comment this emoji."""
    return counts(session, [comment_id]).get(comment_id, {}).get(emoji, 0)


def unseen_by_others(session: Session, page: Page, author_id: int) -> Sequence[tuple[int, str]]:
    """Return what ``given_by`` returns, but only reactions that count for their author alone."""
    query = (
        select(Reaction.comment_id, Reaction.emoji)
        .join(Comment, Comment.id == Reaction.comment_id)
        .where(Comment.page_id == page.id, Reaction.author_id == author_id, Reaction.unseen)
    )
    return [(key, emoji) for key, emoji in session.execute(query.limit(MOST))]


def given_by(session: Session, page: Page, author_id: int) -> Mapping[tuple[int, str], int]:
    """Return what an author gave on a page, newest first, with the numbers that the author sees.

    Returns (comment id, emoji) → number.
    """
    query = (
        select(Reaction.comment_id, Reaction.emoji, and_(Reaction.unseen, Author.shadowed))
        .join(Comment, Comment.id == Reaction.comment_id)
        .join(Author, Author.id == Reaction.author_id)
        .where(Comment.page_id == page.id, Reaction.author_id == author_id)
        .order_by(Reaction.id.desc())
    )
    found = session.execute(query.limit(MOST)).all()
    public = counts(session, sorted({comment_id for comment_id, _emoji, _unseen in found}))
    return {
        (comment_id, emoji): public.get(comment_id, {}).get(emoji, 0) + unseen
        for comment_id, emoji, unseen in found
    }
