"""Copies of the newest verdict on the comment, for filters and sort orders of the queues."""

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.orm import Session

from comment_service.storage.db import prepared
from comment_service.storage.moderation import review_value
from comment_service.storage.tables import Comment, Page, VerdictReason


def copy_score(
    comment: Comment, page: Page, *, score: float | None, model: str, copies: int
) -> None:
    """Set the newest verdict's score and model, and the review value.

    ``copies`` is the number of other comments in the same campaign.
    """
    comment.score, comment.model = score, model
    comment.look = review_value.review_value(
        score, seen=page.comment_count + page.like_count, depth=comment.depth, copies=copies
    )


def replace_names(session: Session, comment: Comment, names: Iterable[str]) -> None:
    """Replace the finding names of an earlier verdict."""
    session.flush()
    session.execute(delete(VerdictReason).where(VerdictReason.comment_id == comment.id))
    add_names(session, comment, names)


def add_names(session: Session, comment: Comment, names: Iterable[str]) -> None:
    """Store the finding names of a comment's first verdict."""
    status = comment.status
    rows = [
        {"comment_id": comment.id, "name": name, "status": status}
        for name in sorted({name[:64] for name in names})
    ]
    prepared.insert(session, VerdictReason, *rows)
