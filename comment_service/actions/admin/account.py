"""Moderators change their own account: name, password, mails, sessions."""

from sqlalchemy.orm import Session

from comment_service.actions.admin import passwords, second_factor
from comment_service.actions.admin.second_factor import Problems
from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.moderation import recipients
from comment_service.storage.tables import Moderator
from comment_service.text.names import clean_name
from comment_service.text.sentences import staff_sentence

MIN_PASSWORD = 10
"""Minimum characters of a password."""


def rename(*, session: Session, moderator: Moderator, name: str) -> None:
    """Change the moderator's name, which other moderators and readers of their replies see.

    Raises:
        InvalidFields: the name is empty or too long.
    """
    clean = clean_name(name)
    if not 0 < len(clean) <= 80:
        raise InvalidFields({"name": [staff_sentence("Enter a name of up to 80 characters.")]})
    moderator.name = clean
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
    """Change the password; all other sessions of the account end.

    A wrong old password is counted, so the caller must commit before refusing.

    Returns:
        Field → errors; empty on success.
    """
    if not MIN_PASSWORD <= len(new) <= 1000:
        return {"new": [f"At least {MIN_PASSWORD} characters."]}
    if not second_factor.check_password(session, runtime, moderator, old):
        return {"old": [second_factor.NOT_YOURS]}
    moderator.password_hash = passwords.hash_password(new)
    passwords.unlock(moderator)
    people.end_sessions(session, moderator.id, runtime.now(), but=session_id)
    second_factor.add_audit_entry(session, runtime, moderator, "password")
    return {}


def end_session(
    *, session: Session, runtime: Runtime, moderator: Moderator, session_id: int
) -> None:
    """End one of the moderator's sessions.

    Raises:
        DoesNotExist: the moderator has no such session, or it has ended.
    """
    if not people.end_session(session, moderator.id, session_id, runtime.now()):
        raise DoesNotExist("There is no such session of yours (any more).")
    second_factor.add_audit_entry(session, runtime, moderator, "session")


def save_mail_settings(*, session: Session, moderator: Moderator, held: str, weekly: bool) -> None:
    """Save the moderator's e-mail notifications.

    Raises:
        InvalidFields: ``held`` is not in ``recipients.PREFERENCES``.
    """
    if held not in recipients.PREFERENCES:
        raise InvalidFields({"held_mail": [staff_sentence("Choose each, digest or none.")]})
    moderator.held_mail, moderator.weekly_mail = held, weekly
    session.flush()
