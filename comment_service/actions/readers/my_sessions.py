"""Readers log out their browsers, one or all of them."""

from sqlalchemy.orm import Session

from comment_service.actions.readers import rotate_token
from comment_service.errors import NotThere
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.readers import accounts, activity


def end_session(*, session: Session, runtime: Runtime, author: t.Author, session_id: int) -> None:
    """Log one browser out.

    Raises:
        NotThere: it is none of theirs, or was logged out before.
    """
    row = session.get(t.Session, session_id)
    if row is None or row.author_id != author.id or row.revoked_at is not None:
        raise NotThere("There is no such session of yours (any more).")
    if row.family:
        rotate_token.end_all(session=session, runtime=runtime, family=row.family)
    else:
        row.revoked_at = runtime.now()
    accounts.note(session, author, "session ended", {}, now=runtime.now())


def end_sessions(*, session: Session, runtime: Runtime, author: t.Author) -> None:
    """Log every browser out."""
    activity.end_sessions(session, author.id, runtime.now())
    accounts.note(session, author, "sessions ended", {}, now=runtime.now())
