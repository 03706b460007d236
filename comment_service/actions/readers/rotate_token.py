"""A token as it is used: the next one after an hour, and the end of all where one is used twice.

Rotation with detection of reuse, as RFC 9700, section 4.14.2, has it for refresh tokens: a token
gives way once its successor was used, so an answer that got lost costs nobody their session.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people
from comment_service.storage.readers import accounts

RENEW_AFTER = timedelta(hours=1)
GRACE = timedelta(minutes=1)
"""How long the old token is still good: other tabs may be sending it."""


def is_stale(runtime: Runtime, found: t.Session) -> bool:
    """Tell whether a token is one that gave way to another a while ago."""
    return found.replaced_at is not None and runtime.now() - found.replaced_at > GRACE


def first_use(*, session: Session, runtime: Runtime, session_id: int) -> None:
    """Note that a token is used for the first time: the one before it gives way.

    Where that gave way to another a while ago, one token was renewed by two: everything ends.
    """
    found = session.get(t.Session, session_id)
    if found is None or found.seen_at is not None:
        return
    found.seen_at = runtime.now()
    before = session.get(t.Session, found.replaces_id) if found.replaces_id else None
    if before is None:
        return
    if is_stale(runtime, before):
        end_all(session=session, runtime=runtime, family=found.family)
    before.replaced_at = before.replaced_at or runtime.now()


def end_all(*, session: Session, runtime: Runtime, family: str) -> None:
    """End every session of a sign-in: of two who use one token, one has stolen it."""
    accounts.end_family(session, family, runtime.now())


def renew(*, session: Session, runtime: Runtime, token: str) -> str:
    """Return the token that follows an old one, "" for one that is young or nobody's."""
    now = runtime.now()
    found = people.find_session(session, token, now)
    if found is None or found.identity is None or found.replaced_at is not None:
        return ""
    if now - found.created_at < RENEW_AFTER:
        return ""
    days, browser = runtime.settings.account_days, found.browser
    return accounts.open_account(
        session, found.identity, now=now, days=days, browser=browser, replaces=found
    )
