"""Rotate reader tokens hourly, and end all sessions of a sign-in if a token is reused.

Rotation with reuse detection as in RFC 9700, section 4.14.2, for refresh tokens: a token is
replaced only when its successor is used, so a lost answer does not end a session.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people
from comment_service.storage.readers import accounts

RENEW_AFTER = timedelta(hours=1)
GRACE = timedelta(minutes=1)
"""How long a replaced token stays valid, because other tabs may still send it."""


def is_stale(runtime: Runtime, row: t.Session) -> bool:
    """Return True if a token was replaced longer than the grace period ago."""
    return row.replaced_at is not None and runtime.now() - row.replaced_at > GRACE


def record_first_use(*, session: Session, runtime: Runtime, session_id: int) -> None:
    """Record the first use of a token, which replaces its predecessor.

    If the predecessor was already replaced by another token, two parties hold it: all sessions end.
    """
    row = session.get(t.Session, session_id)
    if row is None or row.seen_at is not None:
        return
    row.seen_at = runtime.now()
    before = session.get(t.Session, row.replaces_id) if row.replaces_id else None
    if before is None:
        return
    if is_stale(runtime, before):
        end_all(session=session, runtime=runtime, family=row.family)
    before.replaced_at = before.replaced_at or runtime.now()


def end_all(*, session: Session, runtime: Runtime, family: str) -> None:
    """End every session of a sign-in; needed if two parties use a token: one has stolen it."""
    accounts.end_family(session, family, runtime.now())


def renew(*, session: Session, runtime: Runtime, token: str) -> str:
    """Return a successor for an old token, "" for a recent or unknown one."""
    now = runtime.now()
    row = people.find_session(session, token, now)
    if row is None or row.identity is None or row.replaced_at is not None:
        return ""
    if now - row.created_at < RENEW_AFTER:
        return ""
    days, browser = runtime.settings.account_days, row.browser
    return accounts.open_account_session(
        session, row.identity, now=now, days=days, browser=browser, replaces=row
    )
