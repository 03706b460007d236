"""Take long chains of replies apart before they are deleted."""

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from comment_service.storage.tables import Comment


def unlink_replies(session: Session, which: ColumnElement[bool]) -> None:
    """Take comments that are about to be deleted out of their chains of replies.

    The database deletes the replies of a deleted comment, theirs in turn, and so on: SQLite takes
    minutes for a chain of some hundred, and refuses one of more than a thousand.
    """
    unlinked = update(Comment).where(which, Comment.parent_id.is_not(None)).values(parent_id=None)
    session.execute(unlinked, execution_options={"synchronize_session": False})
