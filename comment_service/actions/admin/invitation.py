"""Invitations by link: an owner offers a role; the person with the link and the address accepts it.

A link never signs in to an existing account: that account's password (and code) is required.
"""

from sqlalchemy.orm import Session

from comment_service.actions.admin import login, passwords, second_factor
from comment_service.actions.admin.throttle import Origin
from comment_service.errors import DoesNotExist, InvalidFields, LinkExpired, NotAllowed
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights, seats
from comment_service.storage.admin.seats import INVITE
from comment_service.storage.db.session import serialise
from comment_service.text.sentences import staff_sentence

INVITE_MINUTES = 7 * 24 * 60
SPENT = staff_sentence("This invitation was used, revoked or has expired. Ask for a new one.")


def invite(
    *,
    session: Session,
    runtime: Runtime,
    by: int,
    email: str,
    name: str,
    role: str,
    site_id: int | None,
) -> str:
    """Create an invitation that is valid for seven days; return its token.

    Raises:
        DoesNotExist: ``by`` does not own the site.
        InvalidFields: the role is unknown, or too many invitations are open.
    """
    owner, now = _require_owner(session, by, site_id), runtime.now()
    if role not in t.ROLES:
        raise InvalidFields({"role": [staff_sentence("Choose owner or moderator.")]})
    if seats.count_invitations(session, now) >= seats.MOST_INVITATIONS:
        sentence = staff_sentence("Too many invitations are open; take some back first.")
        raise InvalidFields({"email": [sentence]})
    audit = {"email": email, "role": role}
    about = {**audit, "name": name, "site_id": site_id, "by": by, "by_name": owner.name}
    token = people.create_link(
        session, purpose=INVITE, now=now, minutes=INVITE_MINUTES, about=about
    )
    people.add_audit_entry(session, None, site_id, "invited", audit, actor=owner.name, now=now)
    return token


def require_invitation(session: Session, runtime: Runtime, token: str) -> t.Ticket:
    """Return a valid invitation: unused, and from a person who may still give the role.

    Raises:
        LinkExpired: it is not valid.
    """
    ticket = people.find_link(session, token, INVITE, runtime.now())
    if ticket is None:
        raise LinkExpired(SPENT)
    _require_valid(session, ticket)
    return ticket


def _require_valid(session: Session, ticket: t.Ticket) -> None:
    if not seats.can_manage_role(
        rights.rights_of(session, ticket.about["by"]), ticket.about["site_id"]
    ):
        raise LinkExpired(SPENT)


def revoke(*, session: Session, runtime: Runtime, by: int, ticket_id: int) -> None:
    """Revoke an open invitation.

    Raises:
        DoesNotExist: there is no such invitation to a site that ``by`` owns.
    """
    owner = session.get_one(t.Moderator, by)
    ticket = seats.invitation(session, rights.rights_of(session, by), ticket_id, runtime.now())
    if ticket is None or not people.use_link(session, ticket, runtime.now()):
        raise DoesNotExist(SPENT)
    about = {"email": ticket.about["email"], "role": ticket.about["role"]}
    people.add_audit_entry(
        session,
        None,
        ticket.about["site_id"],
        "revoked",
        about,
        actor=owner.name,
        now=runtime.now(),
    )


def accept_new(
    *, session: Session, runtime: Runtime, token: str, name: str, password: str, browser: str
) -> login.SignInResult:
    """Accept an invitation as a new person; return a session's token.

    Raises:
        LinkExpired: the invitation is not valid, or the address has an account now.
    """
    ticket = require_invitation(session, runtime, token)
    email = ticket.about["email"]
    serialise(session, f"sign in {email.lower()}")
    if people.find_moderator(session, email) is not None:
        raise LinkExpired("This address has an account by now; open the link again.")
    moderator = t.Moderator(name=name, email=email, created_at=runtime.now(), failed_count=0)
    moderator.password_hash = passwords.hash_password(password)
    session.add(moderator)
    session.flush()
    _give_role(session, runtime, ticket, moderator)
    return login.SignInResult(login.open_session(session, runtime, moderator, browser))


def accept_known(
    *,
    session: Session,
    runtime: Runtime,
    token: str,
    checked: login.CheckedPassword,
    origin: Origin,
    code: str,
    browser: str,
) -> login.SignInResult:
    """Accept an invitation with the password (and code) of the account that has its address.

    A wrong password is counted in the caller's transaction, so the caller must commit before
    refusing.

    Raises:
        LinkExpired: the invitation is not valid.
    """
    ticket = require_invitation(session, runtime, token)
    email = ticket.about["email"]
    moderator = login.count_password(session, runtime, email, checked, origin)
    if moderator is None:
        return login.SignInResult()
    if moderator.second_since and not second_factor.check_code(runtime, moderator, code):
        return login.SignInResult()
    passwords.unlock(moderator)
    _give_role(session, runtime, ticket, moderator)
    return login.SignInResult(login.open_session(session, runtime, moderator, browser))


def accept_signed_in(
    *, session: Session, runtime: Runtime, token: str, moderator_id: int, session_id: int
) -> None:
    """Accept an invitation as the signed-in moderator; the other sessions end.

    Raises:
        LinkExpired: the invitation is not valid.
        NotAllowed: it is for another address.
    """
    ticket = require_invitation(session, runtime, token)
    moderator = session.get_one(t.Moderator, moderator_id)
    if moderator.email.lower() != ticket.about["email"].lower():
        raise NotAllowed("This invitation is for another address. Sign out first.")
    _give_role(session, runtime, ticket, moderator, keep=session_id)


def _give_role(
    session: Session,
    runtime: Runtime,
    ticket: t.Ticket,
    moderator: t.Moderator,
    keep: int | None = None,
) -> None:
    """Use the invitation and give the role; an existing owner stays owner.

    A lock serialises this with other changes of roles, because it depends on the inviter's rights.
    """
    serialise(session, "people")
    now = runtime.now()
    _require_valid(session, ticket)
    if not people.use_link(session, ticket, now):
        raise LinkExpired(SPENT)
    session.refresh(moderator)
    site_id, role = ticket.about["site_id"], ticket.about["role"]
    held = [seat.role for seat, _site in people.roles_of(session, moderator.id)
            if seat.site_id == site_id]  # fmt: skip
    role = t.OWNER if t.OWNER in held else role
    rights.give_role(
        session, moderator_id=moderator.id, site_id=site_id, role=role, now=now, keep=keep
    )
    moderator.left_at = None
    about = {"email": moderator.email, "role": role, "by": ticket.about["by_name"]}
    people.add_audit_entry(
        session, moderator.id, site_id, "accepted", about, actor=moderator.name, now=runtime.now()
    )


def _require_owner(session: Session, by: int, site_id: int | None) -> t.Moderator:
    """Return the moderator ``by`` if they may give roles on a site.

    Raises:
        DoesNotExist: they may not.
    """
    serialise(session, "people")
    if not seats.can_manage_role(rights.rights_of(session, by), site_id):
        raise DoesNotExist("There is no such site among yours.")
    return session.get_one(t.Moderator, by)
