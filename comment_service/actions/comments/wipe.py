"""Wipe a comment: remove its text and every row that quotes it."""

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from comment_service.storage import tables as t

_QUOTING_TABLES = (
    t.Revision,
    t.LinkedDomain,
    t.Label,
    t.Report,
    t.CommentLike,
    t.Reaction,
    t.VerdictReason,
)
"""Tables whose rows quote a comment or say something about it."""


def wipe_comment(session: Session, comment: t.Comment) -> None:
    """Remove a comment's text and data, and every row that quotes it."""
    for table in _QUOTING_TABLES:
        quoting = delete(table).where(table.comment_id == comment.id)
        session.execute(quoting.execution_options(synchronize_session=False))
    reasons = update(t.Verdict).where(t.Verdict.comment_id == comment.id).values(reasons=[])
    session.execute(reasons.execution_options(synchronize_session=False))
    notes = update(t.Decision).where(t.Decision.comment_id == comment.id).values(note="")
    session.execute(notes.execution_options(synchronize_session=False))
    comment.status = t.DELETED
    comment.name = comment.email = comment.url = comment.text = comment.html = ""
    comment.likeness = comment.text_hash = comment.network = ""
    comment.report_count = comment.best = 0
    comment.reported = False
    if comment.page.pinned_id == comment.id:
        comment.page.pinned_id = None
    session.flush()
    session.expire(comment, ["like_count"])  # deleting the likes has changed it
