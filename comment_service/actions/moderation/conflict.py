"""Detect conflicts: another moderator's decision, or an author's edit, since the page loaded."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from comment_service.errors import DecisionConflict
from comment_service.storage import tables as t
from comment_service.storage.comments.decisions import in_effect


def shown_as(comment: t.Comment) -> str:
    """Return the comment's state token for forms: its status and the time of its last edit."""
    return f"{comment.status} {_edit_time(comment)}".strip()


def _edit_time(comment: t.Comment) -> str:
    return comment.edited_at.isoformat() if comment.edited_at else ""


def require_unchanged(
    session: Session, comment: t.Comment, moderator_id: int, expected: str
) -> None:
    """Refuse a decision if another moderator or the author changed the comment since it was shown.

    ``expected`` is the state token of the form (``shown_as``); "" skips the check.

    Raises:
        DecisionConflict: another moderator's decision changed the status, or the author edited the
            text.
    """
    if not expected:
        return
    status, _space, edited_at = expected.partition(" ")
    if edited_at != _edit_time(comment) and _edited_by_author(session, comment):
        raise DecisionConflict(
            "Its author changed what it says in between. Read it, then decide again.",
            by=comment.name,
            at=comment.edited_at,
            status=comment.status,
            expected=shown_as(comment),
            text=comment.text,
        )
    if comment.status == status:
        return
    query = select(t.Decision).where(t.Decision.comment_id == comment.id, *in_effect())
    query = query.options(joinedload(t.Decision.moderator)).order_by(t.Decision.id.desc())
    row = session.scalar(query.limit(1))
    is_current = row is not None and row.to_status == comment.status
    if row is not None and is_current and row.moderator_id != moderator_id:
        raise DecisionConflict(
            "%(by)s decided in between: it is %(status)s now. Decide again to do it all the same.",
            by=row.moderator.name,
            at=row.created_at,
            status=comment.status,
            expected=shown_as(comment),
        )


def _edited_by_author(session: Session, comment: t.Comment) -> bool:
    """Return True if the author made the last edit of a comment."""
    query = select(t.Revision.moderator_id).where(t.Revision.comment_id == comment.id)
    last = session.execute(query.order_by(t.Revision.id.desc()).limit(1)).first()
    return last is not None and last.moderator_id is None
