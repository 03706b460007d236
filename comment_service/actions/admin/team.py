"""Owners change roles, take seats away, open locks and make links for who forgot; all audited."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.admin import login, passwords
from comment_service.errors import InvalidFields, NotAllowed, NotThere
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights, seats
from comment_service.storage.db.session import serialise

_NOBODY = "There is no such person (any more) on your sites."
_LAST = "This is the last owner of every site; make somebody else one first."


def change_role(
    *,
    session: Session,
    runtime: Runtime,
    by: int,
    seat_id: int,
    role: str,
    session_id: int | None = None,
) -> None:
    """Give a seat another role; sessions of who becomes an owner end, but the one that acts.

    Raises:
        NotThere: the seat is not on a site that ``by`` owns.
        InvalidFields: the role is none.
        NotAllowed: it is the last owner of every site.
    """
    if role not in t.ROLES:
        raise InvalidFields({"role": ["Choose owner or moderator."]})
    owner, seat, whom = _seat(session, by, seat_id)
    if seat.role == role:
        return
    _keep_an_owner(session, seat)
    about = {"email": whom.email, "from": seat.role, "role": role}
    where, now = seat.site_id, runtime.now()
    rights.give(session, moderator_id=whom.id, site_id=where, role=role, now=now, keep=session_id)
    people.note(session, whom.id, where, "role", about, actor=owner.name, now=now)


def remove(*, session: Session, runtime: Runtime, by: int, seat_id: int) -> None:
    """Take a seat away; who has none left is out at once.

    Raises:
        NotThere: the seat is not on a site that ``by`` owns.
        NotAllowed: it is the last owner of every site.
    """
    owner, seat, whom = _seat(session, by, seat_id)
    _keep_an_owner(session, seat)
    site_id, about = seat.site_id, {"email": whom.email, "role": seat.role}
    session.delete(seat)
    session.flush()
    if not rights.of(session, whom.id).any:
        whom.left_at = runtime.now()
        people.end_sessions(session, whom.id, runtime.now())
    people.note(session, whom.id, site_id, "removed", about, actor=owner.name, now=runtime.now())


def unlock(*, session: Session, runtime: Runtime, by: int, moderator_id: int) -> None:
    """Open a lock that wrong passwords or codes closed.

    Raises:
        NotThere: this one has no seat that ``by`` may take.
    """
    owner, whom, where = _person(session, by, moderator_id)
    passwords.unlock(whom)
    people.note(
        session,
        whom.id,
        where[0],
        "unlocked",
        {"email": whom.email},
        actor=owner.name,
        now=runtime.now(),
    )


def link(*, session: Session, runtime: Runtime, by: int, moderator_id: int) -> str:
    """Make a one-time link for who forgot the password; return its token.

    Raises:
        NotThere: this one has no seat that ``by`` may take.
        NotAllowed: they have a seat on a site that ``by`` does not own.
    """
    owner, whom, where = _person(session, by, moderator_id)
    if not seats.owns_all(session, by, whom.id):
        raise NotAllowed(
            "This one has a seat on other sites too; an owner of those makes the link."
        )
    _purpose, token = login.invite(session=session, runtime=runtime, moderator=whom, made_by=by)
    people.note(
        session,
        whom.id,
        where[0],
        "link",
        {"email": whom.email},
        actor=owner.name,
        now=runtime.now(),
    )
    return token


def _seat(session: Session, by: int, seat_id: int) -> tuple[t.Moderator, t.Seat, t.Moderator]:
    serialise(session, "people")
    seat = session.get(t.Seat, seat_id)
    if seat is None or not seats.owns_seat(rights.of(session, by), seat.site_id):
        raise NotThere(_NOBODY)
    return session.get_one(t.Moderator, by), seat, session.get_one(t.Moderator, seat.moderator_id)


def _person(
    session: Session, by: int, moderator_id: int
) -> tuple[t.Moderator, t.Moderator, list[int | None]]:
    """Return who acts, about whom, and on which sites both meet."""
    may = rights.of(session, by)
    held = session.scalars(select(t.Seat.site_id).where(t.Seat.moderator_id == moderator_id))
    where = [site_id for site_id in held if seats.owns_seat(may, site_id)]
    if not where:
        raise NotThere(_NOBODY)
    return session.get_one(t.Moderator, by), session.get_one(t.Moderator, moderator_id), where


def _keep_an_owner(session: Session, seat: t.Seat) -> None:
    last = seat.site_id is None and seat.role == t.OWNER and seats.owners_of_all(session) == 1
    if last:
        raise NotAllowed(_LAST)
