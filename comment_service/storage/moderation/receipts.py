"""Copies of the newest verdict on the comment, for filters and sort orders of the queues."""

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.orm import Session

from comment_service.storage.moderation import review_value
from comment_service.storage.tables import Comment, VerdictReason


def copy_verdict(
    session: Session,
    comment: Comment,
    *,
    score: float | None,
    model: str,
    names: Iterable[str],
    copies: int,
) -> None:
    """Store the newest verdict's score, model and finding names, and update the review value.

    ``copies`` is the number of other comments in the same campaign.
    """
    comment.score, comment.model = score, model
    comment.look = review_value.review_value(
        score,
        seen=comment.page.comment_count + comment.page.like_count,
        depth=comment.depth,
        copies=copies,
    )
    session.flush()
    session.execute(delete(VerdictReason).where(VerdictReason.comment_id == comment.id))
    for name in sorted({name[:64] for name in names}):
        session.add(VerdictReason(comment_id=comment.id, name=name, status=comment.status))
