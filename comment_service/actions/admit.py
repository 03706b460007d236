"""Let moderators in: the first set-up, one-time links, passwords with a lock, signing out."""

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from comment_service.errors import LinkSpent, WrongPassword
from comment_service.runtime import Runtime
from comment_service.storage import people, rights, sites
from comment_service.storage import tables as t
from comment_service.storage.session import serialise

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SETUP = "setup"
ENTER = "enter"
SETUP_MINUTES = 24 * 60
FAILURES = 5
LOCK = timedelta(minutes=15)
SPENT = (
    "This link was used or is too old. Whoever runs the server makes a new one: "
    "`comment-service moderator link ADDRESS`, in a Flask host `flask comments moderator link "
    "ADDRESS`; the demo prints one at each start."
)
_WRONG = "Address and password do not match. After five wrong tries it is locked for 15 minutes."


@cache
def _hasher() -> "PasswordHasher":
    """Return argon2 with the library's current recommendation (RFC 9106, low memory)."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _decoy() -> str:
    """Return a hash of nobody's password: an unknown address must take as long as a known one."""
    return _hasher().hash(people.new_token())


def invite(
    *, session: Session, runtime: Runtime, moderator: t.Moderator | None = None
) -> tuple[str, str]:
    """Make a one-time link: to set up where nobody moderates yet, else to enter as ``moderator``.

    Returns:
        The link's purpose and its token.
    """
    purpose = ENTER if moderator else SETUP
    token = people.open_ticket(
        session,
        purpose=purpose,
        now=runtime.now(),
        minutes=SETUP_MINUTES,
        moderator=moderator,
    )
    return purpose, token


def set_up(
    *,
    session: Session,
    runtime: Runtime,
    token: str,
    name: str,
    email: str,
    password: str,
    site_name: str,
    origin: str,
) -> str:
    """Make the first moderator and name the site; return a session's token.

    Raises:
        LinkSpent: the link was used, or somebody moderates already.
    """
    now = runtime.now()
    serialise(session, "set up")
    ticket = people.find_ticket(session, token, SETUP, now)
    if (
        ticket is None
        or people.any_moderator(session)
        or not people.spend_ticket(session, ticket, now)
    ):
        raise LinkSpent(SPENT)
    moderator = add_moderator(
        session=session, runtime=runtime, name=name, email=email, password=password
    )
    settings = runtime.settings
    site = sites.ensure(
        session, key=settings.site, name=site_name, origins=settings.origins, now=now
    )
    site.name = site_name
    site.origins = sorted({*site.origins, origin})
    return _open(session, runtime, moderator)


def add_moderator(
    *,
    session: Session,
    runtime: Runtime,
    name: str,
    email: str,
    password: str = "",
    role: str = t.OWNER,
    site_id: int | None = None,
) -> t.Moderator:
    """Add a moderator with a seat on a site, or on every one.

    Without a password only one-time links let them in.
    """
    moderator = t.Moderator(name=name, email=email, created_at=runtime.now(), failed_count=0)
    moderator.password_hash = _hasher().hash(password) if password else ""
    session.add(moderator)
    session.flush()
    now = runtime.now()
    rights.give(session, moderator_id=moderator.id, site_id=site_id, role=role, now=now)
    return moderator


def enter(*, session: Session, runtime: Runtime, token: str) -> str:
    """Spend a one-time link; return a session's token.

    Raises:
        LinkSpent: the link was used or is too old.
    """
    now = runtime.now()
    ticket = people.find_ticket(session, token, ENTER, now)
    if ticket is None or ticket.moderator is None:
        raise LinkSpent(SPENT)
    if not people.spend_ticket(session, ticket, now):
        raise LinkSpent(SPENT)
    return _open(session, runtime, ticket.moderator)


def sign_in(*, session: Session, runtime: Runtime, email: str, password: str) -> str:
    """Check a password; return a session's token, or "" where it is wrong or the account locked.

    The wrong try is counted in the caller's transaction, so the caller commits before it refuses.
    A locked account and an unknown one are told the same as a wrong password.
    """
    serialise(session, f"sign in {email.lower()}")
    moderator = people.find_moderator(session, email)
    now = runtime.now()
    if moderator is not None and moderator.locked_until and moderator.locked_until > now:
        return ""
    if _fits(moderator.password_hash if moderator else "", password) and moderator is not None:
        moderator.failed_count, moderator.locked_until = 0, None
        return _open(session, runtime, moderator)
    if moderator is not None:
        moderator.failed_count += 1
        if moderator.failed_count >= FAILURES:
            moderator.failed_count, moderator.locked_until = 0, now + LOCK
    return ""


def refuse_sign_in() -> WrongPassword:
    """Return the refusal of a wrong password, the same for known and unknown addresses."""
    return WrongPassword(_WRONG)


def _fits(password_hash: str, password: str) -> bool:
    """Tell whether a password fits; takes as long where there is no hash."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(password_hash or _decoy(), password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def sign_out(*, session: Session, runtime: Runtime, token: str) -> None:
    """End a session."""
    people.revoke_session(session, token, runtime.now())


def _open(session: Session, runtime: Runtime, moderator: t.Moderator) -> str:
    return people.open_session(
        session,
        now=runtime.now(),
        days=runtime.settings.session_days,
        author=None,
        moderator=moderator,
    )
