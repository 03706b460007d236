"""A moderator deletes a comment permanently: its text is removed everywhere, a tombstone stays."""

from sqlalchemy.orm import Session

from comment_service.actions.comments import resolve_author, wipe
from comment_service.actions.moderation import decide
from comment_service.errors import CommentNotFound
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import threads
from comment_service.storage.db import locks

ERASE = "erase"
"""The decision's name in the database; it cannot be undone."""


def erase_comment(
    *, session: Session, runtime: Runtime, moderator_id: int, comment_id: int
) -> t.Comment:
    """Wipe a comment; the audit entry names the moderator and the time, but not the text.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites, or it is deleted
            already.
    """
    comment = rights.require_comment(session, moderator_id, comment_id)
    locks.lock_comment(session, comment)
    if comment.status == t.DELETED:
        raise CommentNotFound("This comment was deleted already.")
    row = decide.new_decision(runtime, comment, moderator_id, ERASE, to_status=t.DELETED)
    session.add(row)
    wipe.wipe_comment(session, comment)
    resolve_author.publish_author_name(session, comment)
    threads.refresh_counts(session, comment)
    decide.announce_decision(session, comment, row)
    return comment
