"""Staff sign-in: first set-up, one-time links, passwords, second factor, sign-out."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.actions.admin import passwords, second_factor, throttle
from comment_service.actions.admin.throttle import Origin
from comment_service.errors import LinkExpired, WrongPassword
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights, seats, sites
from comment_service.storage.db.session import serialise
from comment_service.text.sentences import staff_sentence

SETUP = "setup"
ENTER = people.ENTER
SECOND = "second"
SETUP_MINUTES = 24 * 60
SECOND_MINUTES = 5
SPENT = staff_sentence(
    "This link was used or is too old. Whoever runs the server makes a new one: "
    "`comment-service moderator link ADDRESS`, in a Flask host `flask comments "
    "moderator link ADDRESS`; the demo prints one at each start."
)
_WRONG = staff_sentence(
    "Address and password do not match, or there were too many wrong tries: wait a "
    "few minutes. A sign-in link works at once; an owner of the site can make one "
    "for you."
)
_EXPIRED = staff_sentence(
    "That took more than five minutes, or the account is locked. Sign in again."
)


@dataclass(frozen=True)
class SignInResult:
    """The token of a session, or (``waits``) the ticket for entering the second factor's code.

    It is "" if the sign-in is refused.
    """

    token: str = ""
    waits: bool = False


def create_link(
    *,
    session: Session,
    runtime: Runtime,
    moderator: t.Moderator | None = None,
    made_by: int | None = None,
) -> tuple[str, str]:
    """Create a one-time link: to set up the first moderator, or to sign in as ``moderator``.

    ``made_by`` is the owner who creates it for another person, None for the server's operator.

    Returns:
        The link's purpose and its token.
    """
    purpose = ENTER if moderator else SETUP
    token = people.create_link(
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
    """Create the first moderator and name the site; return a session's token.

    Raises:
        LinkExpired: the link is used, or there is a moderator already.
    """
    now = runtime.now()
    serialise(session, "set up")
    ticket = people.find_link(session, token, SETUP, now)
    if ticket is None or people.any_account(session) or not people.use_link(session, ticket, now):
        raise LinkExpired(SPENT)
    moderator = add_moderator(
        session=session, runtime=runtime, name=name, email=email, password=password
    )
    _name_site(session, runtime, site_name, origin)
    return open_session(session, runtime, moderator, browser)


def _name_site(session: Session, runtime: Runtime, name: str, origin: str) -> None:
    """Set the configured site's name, and add the origin of its pages."""
    settings, now = runtime.settings, runtime.now()
    site = sites.ensure_site(
        session, key=settings.site, name=name, origins=settings.origins, now=now
    )
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
    """Add a moderator with a role on a site, or on every site.

    Without a password they can sign in only with one-time links.
    """
    now = runtime.now()
    moderator = t.Moderator(name=name, email=email, created_at=now, failed_count=0)
    moderator.password_hash = passwords.hash_password(password) if password else ""
    session.add(moderator)
    session.flush()
    rights.give_role(session, moderator_id=moderator.id, site_id=site_id, role=role, now=now)
    about = {"email": email, "role": role}
    people.add_audit_entry(session, moderator.id, site_id, "added", about, actor=name, now=now)
    return moderator


def use_link(*, session: Session, runtime: Runtime, token: str, browser: str = "") -> SignInResult:
    """Use a one-time link, which also unlocks the account; the second factor is still required.

    Raises:
        LinkExpired: the link is used or expired, or its moderator has left.
    """
    serialise(session, "people")
    ticket, moderator = require_link(session=session, runtime=runtime, token=token)
    if not people.use_link(session, ticket, runtime.now()):
        raise LinkExpired(SPENT)
    passwords.unlock(moderator)
    throttle.unlock(session, runtime, moderator.email)
    return _open_session_or_ask_code(session, runtime, moderator, browser)


def require_link(*, session: Session, runtime: Runtime, token: str) -> tuple[t.Ticket, t.Moderator]:
    """Return the ticket of a valid one-time link, and its moderator.

    Raises:
        LinkExpired: the link is used or expired, its moderator has left, or has a role now that the
            link's creator may not manage.
    """
    ticket = people.find_link(session, token, ENTER, runtime.now())
    if ticket is None or ticket.moderator is None or ticket.moderator.left_at is not None:
        raise LinkExpired(SPENT)
    maker = ticket.about.get("made_by")
    if maker is not None and not seats.can_manage_all_roles(session, maker, ticket.moderator.id):
        raise LinkExpired(SPENT)
    return ticket, ticket.moderator


@dataclass(frozen=True)
class CheckedPassword:
    """The hash that a password was compared with, and the result."""

    password_hash: str
    fits: bool


def sign_in(
    *,
    session: Session,
    runtime: Runtime,
    email: str,
    checked: CheckedPassword,
    origin: Origin,
    browser: str = "",
) -> SignInResult:
    """Check a password.

    A wrong password is counted in the caller's transaction, so the caller must commit before
    refusing. The answer is the same for a wrong password, too many tries and an unknown address.
    """
    moderator = count_password(session, runtime, email, checked, origin)
    if moderator is None or moderator.left_at is not None:
        return SignInResult()
    return _open_session_or_ask_code(session, runtime, moderator, browser)


def check_password(session: Session, email: str, password: str) -> CheckedPassword:
    """Compare a password with that of an address, before the transaction: this takes a while.

    It takes as long for an unknown address, so that the time tells nothing.
    """
    moderator = people.find_moderator(session, email)
    password_hash = moderator.password_hash if moderator is not None else ""
    return CheckedPassword(password_hash, passwords.matches(password_hash, password))


def count_password(
    session: Session, runtime: Runtime, email: str, checked: CheckedPassword, origin: Origin
) -> t.Moderator | None:
    """Return the moderator with this address if the password was right; else count it."""
    serialise(session, f"sign in {email.lower()}")
    moderator = people.find_moderator(session, email)
    if throttle.must_wait(session, runtime, email, origin):
        return None
    is_current = moderator is not None and moderator.password_hash == checked.password_hash
    if moderator is not None and checked.fits and is_current:
        throttle.forget_failures(session, runtime, email, origin)
        return moderator
    throttle.count_failure(session, runtime, email, origin)
    return None


def _open_session_or_ask_code(
    session: Session, runtime: Runtime, moderator: t.Moderator, browser: str
) -> SignInResult:
    """Open a session, or require the second factor first.

    The failure count is reset only with the session: a right password must not give new tries at
    the code.
    """
    if moderator.second_since is None:
        passwords.unlock(moderator)
        return SignInResult(open_session(session, runtime, moderator, browser))
    now = runtime.now()
    token = people.create_link(
        session, purpose=SECOND, now=now, minutes=SECOND_MINUTES, moderator=moderator
    )
    return SignInResult(token, waits=True)


def check_second_factor(
    *, session: Session, runtime: Runtime, token: str, code: str, browser: str = ""
) -> str:
    """Check the code after a right password; return a session's token, "" if the code is wrong.

    A wrong code is counted in the caller's transaction, so the caller must commit before refusing.

    Raises:
        LinkExpired: the five minutes are over, or the account is locked.
    """
    now = runtime.now()
    ticket = people.find_link(session, token, SECOND, now)
    if ticket is None or ticket.moderator is None:
        raise LinkExpired(_EXPIRED)
    moderator = ticket.moderator
    serialise(session, f"sign in {moderator.email.lower()}")
    session.refresh(moderator, with_for_update=True)
    if passwords.is_locked(moderator, now) or moderator.second_since is None:
        raise LinkExpired(_EXPIRED)
    if not second_factor.check_code(runtime, moderator, code):
        return ""
    if not people.use_link(session, ticket, now):
        raise LinkExpired(_EXPIRED)
    passwords.unlock(moderator)
    return open_session(session, runtime, moderator, browser)


def refuse_sign_in() -> WrongPassword:
    """Return the refusal of a wrong password, the same for known and unknown addresses."""
    return WrongPassword(_WRONG)


def sign_out(*, session: Session, runtime: Runtime, token: str) -> None:
    """End a session."""
    people.revoke_session(session, token, runtime.now())


def open_session(session: Session, runtime: Runtime, moderator: t.Moderator, browser: str) -> str:
    """Open a session for a moderator; return its token."""
    return people.open_session(
        session,
        now=runtime.now(),
        days=runtime.settings.session_days,
        author=None,
        moderator=moderator,
        browser=browser,
    )
