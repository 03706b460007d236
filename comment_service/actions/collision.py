"""Two moderators at one comment: neither overrules the other unasked."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from comment_service.errors import DecidedBefore
from comment_service.storage import tables as t
from comment_service.storage.filters import standing


def refuse_collision(
    session: Session, comment: t.Comment, moderator_id: int, expected: str
) -> None:
    """Refuse a decision where somebody else decided since the comment was shown.

    ``expected`` is the status it was shown with; "" is any.

    Raises:
        DecidedBefore: the newest decision that stands is another moderator's, and changed it.
    """
    if not expected or comment.status == expected:
        return
    query = select(t.Decision).where(t.Decision.comment_id == comment.id, *standing())
    query = query.options(joinedload(t.Decision.moderator)).order_by(t.Decision.id.desc())
    row = session.scalar(query.limit(1))
    decided = row is not None and row.to_status == comment.status
    if row is not None and decided and row.moderator_id != moderator_id:
        raise DecidedBefore(
            f"{row.moderator.name} decided in between: it is {comment.status} now. Decide again to "
            "do it all the same.",
            by=row.moderator.name,
            at=row.created_at,
            status=comment.status,
        )
