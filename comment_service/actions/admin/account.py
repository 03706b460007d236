"""What moderators change of their own account: name, password, mails, sessions."""

from sqlalchemy.orm import Session

from comment_service.actions.admin import passwords, second_factor
from comment_service.actions.admin.second_factor import Problems
from comment_service.errors import InvalidFields, NotThere
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.moderation import recipients
from comment_service.storage.tables import Moderator

SHORTEST = 10
"""Characters of a password."""


def rename(*, session: Session, moderator: Moderator, name: str) -> None:
    """Give oneself another name, as other moderators and readers of one's answers see it.

    Raises:
        InvalidFields: there is none, or it is too long.
    """
    kept = " ".join(name.replace("\0", "").split())
    if not 0 < len(kept) <= 80:
        raise InvalidFields({"name": ["Give a name of up to 80 characters."]})
    moderator.name = kept
    session.flush()


def change_password(
    *,
    session: Session,
    runtime: Runtime,
    moderator: Moderator,
    session_id: int,
    old: str,
    new: str,
) -> Problems:
    """Change the password; every other session of this account ends.

    Returns what is wrong: a wrong password is counted, so the caller commits before it refuses.
    """
    if not SHORTEST <= len(new) <= 1000:
        return {"new": [f"At least {SHORTEST} characters."]}
    if not second_factor.right_password(session, runtime, moderator, old):
        return {"old": [second_factor.NOT_YOURS]}
    moderator.password_hash = passwords.hashed(new)
    passwords.unlock(moderator)
    people.end_sessions(session, moderator.id, runtime.now(), but=session_id)
    second_factor.note(session, runtime, moderator, "password")
    return {}


def end_session(
    *, session: Session, runtime: Runtime, moderator: Moderator, session_id: int
) -> None:
    """End one of one's own sessions.

    Raises:
        NotThere: it is none of theirs, or has ended.
    """
    if not people.end_session(session, moderator.id, session_id, runtime.now()):
        raise NotThere("There is no such session of yours (any more).")
    second_factor.note(session, runtime, moderator, "session")


def settle_mail(*, session: Session, moderator: Moderator, held: str, weekly: bool) -> None:
    """Choose which mails one gets.

    Raises:
        InvalidFields: ``held`` is none of ``recipients.WISHES``.
    """
    if held not in recipients.WISHES:
        raise InvalidFields({"held_mail": ["Choose each, digest or none."]})
    moderator.held_mail, moderator.weekly_mail = held, weekly
    session.flush()
