"""Owners change and remove roles, unlock accounts and create sign-in links; with audit log."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.admin import host_staff, login, passwords, throttle
from comment_service.errors import DoesNotExist, InvalidFields, NotAllowed
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights, seats
from comment_service.storage.db.session import serialise
from comment_service.text.sentences import staff_sentence

_NOBODY = staff_sentence("There is no such person (any more) on your sites.")
_LAST = staff_sentence("This is the last owner of every site; make somebody else one first.")


def change_role(
    *,
    session: Session,
    runtime: Runtime,
    by: int,
    seat_id: int,
    role: str,
    session_id: int | None = None,
) -> None:
    """Change a role; all sessions of a person who becomes owner end, except ``session_id``.

    Raises:
        DoesNotExist: the role is not on a site that ``by`` owns.
        InvalidFields: the role is unknown.
        NotAllowed: it is the last owner of every site, or the host decides on the role.
    """
    if role not in t.ROLES:
        raise InvalidFields({"role": [staff_sentence("Choose owner or moderator.")]})
    owner, seat, person = _require_role(session, by, seat_id)
    if person.host_id:
        raise NotAllowed(host_staff.DECIDED_THERE)
    if seat.role == role:
        return
    require_other_owner(session, seat)
    about = {"email": person.email, "from": seat.role, "role": role}
    where, now = seat.site_id, runtime.now()
    rights.give_role(
        session, moderator_id=person.id, site_id=where, role=role, now=now, keep=session_id
    )
    people.add_audit_entry(session, person.id, where, "role", about, actor=owner.name, now=now)


def remove_role(*, session: Session, runtime: Runtime, by: int, seat_id: int) -> None:
    """Remove a role; a person without any role is signed out at once.

    A user of the host application who has a role there gets it again when they come back.

    Raises:
        DoesNotExist: the role is not on a site that ``by`` owns.
        NotAllowed: it is the last owner of every site.
    """
    owner, seat, person = _require_role(session, by, seat_id)
    require_other_owner(session, seat)
    who = {"name": person.name} if person.host_id else {"email": person.email}
    site_id, about = seat.site_id, {**who, "role": seat.role}
    session.delete(seat)
    session.flush()
    if not rights.rights_of(session, person.id).any:
        person.left_at = runtime.now()
        people.end_sessions(session, person.id, runtime.now())
    people.add_audit_entry(
        session, person.id, site_id, "removed", about, actor=owner.name, now=runtime.now()
    )


def unlock(*, session: Session, runtime: Runtime, by: int, moderator_id: int) -> None:
    """Unlock an account after wrong passwords or codes.

    Raises:
        DoesNotExist: the person has no role that ``by`` may manage.
    """
    owner, person, where = _require_person(session, by, moderator_id)
    passwords.unlock(person)
    throttle.unlock(session, runtime, person.email)
    people.add_audit_entry(
        session,
        person.id,
        where[0],
        "unlocked",
        {"email": person.email},
        actor=owner.name,
        now=runtime.now(),
    )


def create_link(*, session: Session, runtime: Runtime, by: int, moderator_id: int) -> str:
    """Create a one-time sign-in link for a forgotten password; return its token.

    Raises:
        DoesNotExist: the person has no role that ``by`` may manage.
        NotAllowed: the person has a role on a site that ``by`` does not own, or the host signs
            them in: a session here would outlive their role there.
    """
    owner, person, where = _require_person(session, by, moderator_id)
    if person.host_id:
        raise NotAllowed(host_staff.DECIDED_THERE)
    if not seats.can_manage_all_roles(session, by, person.id):
        raise NotAllowed(
            "This person moderates other sites too; an owner of those has to make the link."
        )
    _purpose, token = login.create_link(
        session=session, runtime=runtime, moderator=person, made_by=by
    )
    people.add_audit_entry(
        session,
        person.id,
        where[0],
        "link",
        {"email": person.email},
        actor=owner.name,
        now=runtime.now(),
    )
    return token


def _require_role(
    session: Session, by: int, seat_id: int
) -> tuple[t.Moderator, t.Seat, t.Moderator]:
    serialise(session, "people")
    seat = session.get(t.Seat, seat_id)
    if seat is None or not seats.can_manage_role(rights.rights_of(session, by), seat.site_id):
        raise DoesNotExist(_NOBODY)
    return session.get_one(t.Moderator, by), seat, session.get_one(t.Moderator, seat.moderator_id)


def _require_person(
    session: Session, by: int, moderator_id: int
) -> tuple[t.Moderator, t.Moderator, list[int | None]]:
    """Return the owner, the person, and the sites where the owner may manage the person's role."""
    granted = rights.rights_of(session, by)
    site_ids = session.scalars(select(t.Seat.site_id).where(t.Seat.moderator_id == moderator_id))
    shared = [site_id for site_id in site_ids if seats.can_manage_role(granted, site_id)]
    if not shared:
        raise DoesNotExist(_NOBODY)
    return session.get_one(t.Moderator, by), session.get_one(t.Moderator, moderator_id), shared


def require_other_owner(session: Session, seat: t.Seat) -> None:
    """Refuse to take its role from the last owner of every site.

    Raises:
        NotAllowed: it is the last owner of every site.
    """
    if seats.is_last_owner(session, seat):
        raise NotAllowed(_LAST)
