"""Readers sign out one or all of their browsers."""

from sqlalchemy.orm import Session

from comment_service.actions.readers import rotate_token
from comment_service.errors import DoesNotExist
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.readers import accounts, activity


def end_session(*, session: Session, runtime: Runtime, author: t.Author, session_id: int) -> None:
    """Sign one browser out.

    Raises:
        DoesNotExist: the author has no such session, or it has ended.
    """
    row = session.get(t.Session, session_id)
    if row is None or row.author_id != author.id or row.revoked_at is not None:
        raise DoesNotExist("There is no such session of yours (any more).")
    if row.family:
        rotate_token.end_all(session=session, runtime=runtime, family=row.family)
    else:
        row.revoked_at = runtime.now()
    accounts.add_audit_entry(session, author, "session ended", {}, now=runtime.now())


def end_sessions(*, session: Session, runtime: Runtime, author: t.Author) -> None:
    """Sign every browser out."""
    activity.end_sessions(session, author.id, runtime.now())
    accounts.add_audit_entry(session, author, "sessions ended", {}, now=runtime.now())
