"""Invitations by link: an owner offers a seat, whoever has the link and the address takes it.

A link never opens an account that is there already: that one's password (and code) is asked for.
"""

from sqlalchemy.orm import Session

from comment_service.actions.admin import login, passwords, second_factor
from comment_service.errors import InvalidFields, LinkSpent, NotAllowed, NotThere
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights, seats
from comment_service.storage.admin.seats import INVITE
from comment_service.storage.db.session import serialise

INVITE_MINUTES = 7 * 24 * 60
SPENT = "This invitation was used, taken back or is too old. Ask for a new one."


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
    """Make a link that offers a seat for seven days; return its token.

    Raises:
        NotThere: the site is not one that ``by`` owns.
        InvalidFields: the role is none, or too many invitations are open.
    """
    owner, now = _owner(session, by, site_id), runtime.now()
    if role not in t.ROLES:
        raise InvalidFields({"role": ["Choose owner or moderator."]})
    if seats.count_invitations(session, now) >= seats.MOST_INVITATIONS:
        raise InvalidFields({"email": ["Too many invitations are open; take some back first."]})
    told = {"email": email, "role": role}
    about = {**told, "name": name, "site_id": site_id, "by": by, "by_name": owner.name}
    token = people.open_ticket(
        session, purpose=INVITE, now=now, minutes=INVITE_MINUTES, about=about
    )
    people.note(session, None, site_id, "invited", told, actor=owner.name, now=now)
    return token


def offer(session: Session, runtime: Runtime, token: str) -> t.Ticket:
    """Return an invitation that is still good: unspent, and by who may still give the seat.

    Raises:
        LinkSpent: it is not.
    """
    ticket = people.find_ticket(session, token, INVITE, runtime.now())
    if ticket is None:
        raise LinkSpent(SPENT)
    _still_offered(session, ticket)
    return ticket


def _still_offered(session: Session, ticket: t.Ticket) -> None:
    if not seats.owns_seat(rights.of(session, ticket.about["by"]), ticket.about["site_id"]):
        raise LinkSpent(SPENT)


def revoke(*, session: Session, runtime: Runtime, by: int, ticket_id: int) -> None:
    """Take an open invitation back.

    Raises:
        NotThere: there is no such invitation to a site that ``by`` owns.
    """
    owner = session.get_one(t.Moderator, by)
    ticket = seats.invitation(session, rights.of(session, by), ticket_id, runtime.now())
    if ticket is None or not people.spend_ticket(session, ticket, runtime.now()):
        raise NotThere(SPENT)
    about = {"email": ticket.about["email"], "role": ticket.about["role"]}
    people.note(
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
) -> login.Admitted:
    """Accept an invitation as somebody new; return a session's token.

    Raises:
        LinkSpent: the invitation is no longer good, or the address has an account by now.
    """
    ticket = offer(session, runtime, token)
    email = ticket.about["email"]
    serialise(session, f"sign in {email.lower()}")
    if people.find_moderator(session, email) is not None:
        raise LinkSpent("This address has an account by now; open the link again.")
    moderator = t.Moderator(name=name, email=email, created_at=runtime.now(), failed_count=0)
    moderator.password_hash = passwords.hashed(password)
    session.add(moderator)
    session.flush()
    _sit(session, runtime, ticket, moderator)
    return login.Admitted(login.open_for(session, runtime, moderator, browser))


def accept_known(
    *, session: Session, runtime: Runtime, token: str, password: str, code: str, browser: str
) -> login.Admitted:
    """Accept an invitation with the password (and code) of the account that has its address.

    A wrong one is counted in the caller's transaction, so the caller commits before it refuses.

    Raises:
        LinkSpent: the invitation is no longer good.
    """
    ticket = offer(session, runtime, token)
    moderator = login.known(session, runtime, ticket.about["email"], password)
    if moderator is None:
        return login.Admitted()
    if moderator.second_since and not second_factor.fits(runtime, moderator, code):
        return login.Admitted()
    passwords.unlock(moderator)
    _sit(session, runtime, ticket, moderator)
    return login.Admitted(login.open_for(session, runtime, moderator, browser))


def accept_signed_in(
    *, session: Session, runtime: Runtime, token: str, moderator_id: int, session_id: int
) -> None:
    """Accept an invitation as who is signed in with its address; the other sessions end.

    Raises:
        LinkSpent: the invitation is no longer good.
        NotAllowed: it is for another address.
    """
    ticket = offer(session, runtime, token)
    moderator = session.get_one(t.Moderator, moderator_id)
    if moderator.email.lower() != ticket.about["email"].lower():
        raise NotAllowed("This invitation is for another address. Sign out first.")
    _sit(session, runtime, ticket, moderator, keep=session_id)


def _sit(
    session: Session,
    runtime: Runtime,
    ticket: t.Ticket,
    moderator: t.Moderator,
    keep: int | None = None,
) -> None:
    """Spend the invitation and give the seat; a seat that is there already is not made smaller.

    Whether the seat is still the inviter's to give, and which there are, is asked alone.
    """
    serialise(session, "people")
    now = runtime.now()
    _still_offered(session, ticket)
    if not people.spend_ticket(session, ticket, now):
        raise LinkSpent(SPENT)
    session.refresh(moderator)
    site_id, role = ticket.about["site_id"], ticket.about["role"]
    held = [one.role for one, _site in people.seats(session, moderator.id)
            if one.site_id == site_id]  # fmt: skip
    role = t.OWNER if t.OWNER in held else role
    rights.give(session, moderator_id=moderator.id, site_id=site_id, role=role, now=now, keep=keep)
    moderator.left_at = None
    about = {"email": moderator.email, "role": role, "by": ticket.about["by_name"]}
    people.note(
        session, moderator.id, site_id, "accepted", about, actor=moderator.name, now=runtime.now()
    )


def _owner(session: Session, by: int, site_id: int | None) -> t.Moderator:
    """Return who acts, where the seats of a site are theirs to give."""
    serialise(session, "people")
    if not seats.owns_seat(rights.of(session, by), site_id):
        raise NotThere("There is no such site among yours.")
    return session.get_one(t.Moderator, by)
