"""Two at one comment: no moderator overrules another unasked, nor decides about a text unread."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from comment_service.errors import DecidedBefore
from comment_service.storage import tables as t
from comment_service.storage.comments.decisions import in_effect


def shown_as(comment: t.Comment) -> str:
    """Return what a form about a comment names: its status, and when its text was changed."""
    return f"{comment.status} {_changed(comment)}".strip()


def _changed(comment: t.Comment) -> str:
    return comment.edited_at.isoformat() if comment.edited_at else ""


def refuse_collision(
    session: Session, comment: t.Comment, moderator_id: int, expected: str
) -> None:
    """Refuse a decision where somebody else decided, or its author changed it, since it was shown.

    ``expected`` is what it was shown as (``shown_as``); "" is anything.

    Raises:
        DecidedBefore: the newest decision that stands is another moderator's, and changed it; or
            the comment says something else now, by its author's hand.
    """
    if not expected:
        return
    status, _space, changed = expected.partition(" ")
    if changed != _changed(comment) and _by_author(session, comment):
        raise DecidedBefore(
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
    decided = row is not None and row.to_status == comment.status
    if row is not None and decided and row.moderator_id != moderator_id:
        raise DecidedBefore(
            "%(by)s decided in between: it is %(status)s now. Decide again to do it all the same.",
            by=row.moderator.name,
            at=row.created_at,
            status=comment.status,
            expected=shown_as(comment),
        )


def _by_author(session: Session, comment: t.Comment) -> bool:
    """Tell whether the last one to change a comment's text was its author."""
    query = select(t.Revision.moderator_id).where(t.Revision.comment_id == comment.id)
    last = session.execute(query.order_by(t.Revision.id.desc()).limit(1)).first()
    return last is not None and last.moderator_id is None
