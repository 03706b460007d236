"""Wipe a comment: remove its text and every row that quotes it."""

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from comment_service.storage import tables as t

_ABOUT = (t.Revision, t.LinkedDomain, t.Label, t.Report, t.CommentLike, t.Reaction, t.VerdictReason)
"""Rows that hold something of what it said, or of what was said about it."""


def wipe_comment(session: Session, comment: t.Comment) -> None:
    """Take away everything that it said, and every row that quotes it."""
    for table in _ABOUT:
        gone = delete(table).where(table.comment_id == comment.id)
        session.execute(gone.execution_options(synchronize_session=False))
    quoted = update(t.Verdict).where(t.Verdict.comment_id == comment.id).values(reasons=[])
    session.execute(quoted.execution_options(synchronize_session=False))
    told = update(t.Decision).where(t.Decision.comment_id == comment.id).values(note="")
    session.execute(told.execution_options(synchronize_session=False))
    comment.status = t.DELETED
    comment.name = comment.email = comment.url = comment.text = comment.html = ""
    comment.likeness = comment.text_hash = comment.network = ""
    comment.like_count = comment.report_count = comment.best = 0
    comment.reported = False
    if comment.page.pinned_id == comment.id:
        comment.page.pinned_id = None
    session.flush()
