"""A moderator deletes a comment for good: what it said is gone everywhere, its place stays."""

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from comment_service.actions.moderation import decide
from comment_service.errors import CommentGone
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db import locks

ERASE = "erase"
"""The decision's name in the audit line; it cannot be taken back."""
_ABOUT = (t.Revision, t.LinkedDomain, t.Label, t.Report, t.CommentLike, t.Reaction, t.VerdictReason)
"""Rows that hold something of what it said, or of what was said about it."""


def erase_comment(
    *, session: Session, runtime: Runtime, moderator_id: int, comment_id: int
) -> t.Comment:
    """Wipe a comment; the audit line says who did it and when, and nothing of what it said.

    Raises:
        CommentGone: there is none where this moderator decides, or it was deleted before.
    """
    comment = rights.comment(session, moderator_id, comment_id)
    locks.comment(session, comment)
    if comment.status == t.DELETED:
        raise CommentGone("This comment was deleted already.")
    row = decide.audit_line(runtime, comment, moderator_id, ERASE, to_status=t.DELETED)
    session.add(row)
    wipe(session, comment)
    decide.name_author(session, comment)
    threads.refresh(session, comment)
    decide.announce_decision(session, comment, row)
    return comment


def wipe(session: Session, comment: t.Comment) -> None:
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
