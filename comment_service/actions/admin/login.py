"""Let moderators in: the first set-up, one-time links, passwords and codes, signing out."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.actions.admin import passwords, second_factor
from comment_service.errors import LinkSpent, WrongPassword
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights, seats, sites
from comment_service.storage.db.session import serialise

SETUP = "setup"
ENTER = people.ENTER
SECOND = "second"
SETUP_MINUTES = 24 * 60
SECOND_MINUTES = 5
SPENT = (
    "This link was used or is too old. Whoever runs the server makes a new one: "
    "`comment-service moderator link ADDRESS`, in a Flask host `flask comments moderator link "
    "ADDRESS`; the demo prints one at each start."
)
_WRONG = "Address and password do not match. After five wrong tries it is locked for 15 minutes."
_LATE = "That took more than five minutes, or the account is locked. Sign in again."


@dataclass(frozen=True)
class Admitted:
    """A token: of a session, or (``waits``) of the five minutes in which a code is asked for.

    It is "" for who is refused.
    """

    token: str = ""
    waits: bool = False


def invite(
    *,
    session: Session,
    runtime: Runtime,
    moderator: t.Moderator | None = None,
    made_by: int | None = None,
) -> tuple[str, str]:
    """Make a one-time link: to set up where nobody moderates yet, else to enter as ``moderator``.

    ``made_by`` is the owner who makes it for somebody else, None for whoever runs the server.

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
        about={} if made_by is None else {"made_by": made_by},
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
    browser: str = "",
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
    _name_site(session, runtime, site_name, origin)
    return open_for(session, runtime, moderator, browser)


def _name_site(session: Session, runtime: Runtime, name: str, origin: str) -> None:
    """Give the configured site its name and the origin of its pages."""
    settings, now = runtime.settings, runtime.now()
    site = sites.ensure(session, key=settings.site, name=name, origins=settings.origins, now=now)
    site.name = name
    site.origins = sorted({*site.origins, origin})


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
    now = runtime.now()
    moderator = t.Moderator(name=name, email=email, created_at=now, failed_count=0)
    moderator.password_hash = passwords.hashed(password) if password else ""
    session.add(moderator)
    session.flush()
    rights.give(session, moderator_id=moderator.id, site_id=site_id, role=role, now=now)
    about = {"email": email, "role": role}
    people.note(session, moderator.id, site_id, "added", about, actor=name, now=now)
    return moderator


def enter(*, session: Session, runtime: Runtime, token: str, browser: str = "") -> Admitted:
    """Spend a one-time link, which also opens a lock; the second factor is asked for all the same.

    Raises:
        LinkSpent: the link was used or is too old, or its moderator has left.
    """
    serialise(session, "people")
    ticket, moderator = entry(session=session, runtime=runtime, token=token)
    if not people.spend_ticket(session, ticket, runtime.now()):
        raise LinkSpent(SPENT)
    passwords.unlock(moderator)
    return _admit(session, runtime, moderator, browser)


def entry(*, session: Session, runtime: Runtime, token: str) -> tuple[t.Ticket, t.Moderator]:
    """Return a link to come in that is still good, and whom it lets in.

    Raises:
        LinkSpent: it was used or is too old, its moderator has left, or has a seat by now that is
            not its maker's to give.
    """
    ticket = people.find_ticket(session, token, ENTER, runtime.now())
    if ticket is None or ticket.moderator is None or ticket.moderator.left_at is not None:
        raise LinkSpent(SPENT)
    maker = ticket.about.get("made_by")
    if maker is not None and not seats.owns_all(session, maker, ticket.moderator.id):
        raise LinkSpent(SPENT)
    return ticket, ticket.moderator


def sign_in(
    *, session: Session, runtime: Runtime, email: str, password: str, browser: str = ""
) -> Admitted:
    """Check a password.

    The wrong try is counted in the caller's transaction, so the caller commits before it refuses.
    A locked account and an unknown one are told the same as a wrong password.
    """
    moderator = known(session, runtime, email, password)
    if moderator is None or moderator.left_at is not None:
        return Admitted()
    return _admit(session, runtime, moderator, browser)


def known(session: Session, runtime: Runtime, email: str, password: str) -> t.Moderator | None:
    """Return the moderator with this address and password; a wrong one is counted."""
    serialise(session, f"sign in {email.lower()}")
    moderator = people.find_moderator(session, email)
    now = runtime.now()
    if moderator is not None and passwords.locked(moderator, now):
        return None
    if passwords.fits(moderator.password_hash if moderator else "", password):
        return moderator
    if moderator is not None:
        passwords.missed(moderator, now)
    return None


def _admit(session: Session, runtime: Runtime, moderator: t.Moderator, browser: str) -> Admitted:
    """Open a session, or ask for the second factor first.

    The wrong tries are forgotten only with the session: a right password must not give new tries
    at the code.
    """
    if moderator.second_since is None:
        passwords.unlock(moderator)
        return Admitted(open_for(session, runtime, moderator, browser))
    now = runtime.now()
    token = people.open_ticket(
        session, purpose=SECOND, now=now, minutes=SECOND_MINUTES, moderator=moderator
    )
    return Admitted(token, waits=True)


def second(*, session: Session, runtime: Runtime, token: str, code: str, browser: str = "") -> str:
    """Check the code of who gave the password; return a session's token, "" where it is wrong.

    The wrong try is counted in the caller's transaction, so the caller commits before it refuses.

    Raises:
        LinkSpent: the five minutes are over, or the account is locked.
    """
    now = runtime.now()
    ticket = people.find_ticket(session, token, SECOND, now)
    if ticket is None or ticket.moderator is None:
        raise LinkSpent(_LATE)
    moderator = ticket.moderator
    serialise(session, f"sign in {moderator.email.lower()}")
    session.refresh(moderator, with_for_update=True)
    if passwords.locked(moderator, now) or moderator.second_since is None:
        raise LinkSpent(_LATE)
    if not second_factor.fits(runtime, moderator, code):
        return ""
    if not people.spend_ticket(session, ticket, now):
        raise LinkSpent(_LATE)
    passwords.unlock(moderator)
    return open_for(session, runtime, moderator, browser)


def refuse_sign_in() -> WrongPassword:
    """Return the refusal of a wrong password, the same for known and unknown addresses."""
    return WrongPassword(_WRONG)


def sign_out(*, session: Session, runtime: Runtime, token: str) -> None:
    """End a session."""
    people.revoke_session(session, token, runtime.now())


def open_for(session: Session, runtime: Runtime, moderator: t.Moderator, browser: str) -> str:
    """Open a session for a moderator; return its token."""
    return people.open_session(
        session,
        now=runtime.now(),
        days=runtime.settings.session_days,
        author=None,
        moderator=moderator,
        browser=browser,
    )
