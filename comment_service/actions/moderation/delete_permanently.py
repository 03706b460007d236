"""A moderator deletes a comment for good: what it said is gone everywhere, its place stays."""

from sqlalchemy.orm import Session

from comment_service.actions.comments import resolve_author, wipe
from comment_service.actions.moderation import decide
from comment_service.errors import CommentGone
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db import locks

ERASE = "erase"
"""The decision's name in the audit line; it cannot be taken back."""


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
    wipe.wipe_comment(session, comment)
    resolve_author.publish_author_name(session, comment)
    threads.refresh(session, comment)
    decide.announce_decision(session, comment, row)
    return comment
