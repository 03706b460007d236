"""A host application's own staff: their role on its site is what the host says at each request.

A user is known by the host's id alone. An address proves nothing: somebody who writes a moderator's
address into their profile at the host gets a role only if the host gives them one, and then as a
person of their own.
"""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.identity import HostUser
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people, rights
from comment_service.storage.db.session import serialise
from comment_service.text.names import clean_name
from comment_service.text.sentences import staff_sentence

ACTOR = "the host"
"""Who changes a role, in the audit log."""
DECIDED_THERE = staff_sentence(
    "The website itself signs this person in, and decides on name, password and role. Change it "
    "there."
)
_LONGEST_ID = 200


def host_id(site: t.Site, user: HostUser) -> str:
    """Return the text by which a user of the host of a site is known among all moderators."""
    given = str(user.id)
    if len(given) > _LONGEST_ID:
        given = hashlib.sha256(given.encode()).hexdigest()
    return f"{site.key}:{given}"


def find(session: Session, site: t.Site, user: HostUser) -> t.Moderator | None:
    """Return the moderator who is this user, None if the host gives the user no role now."""
    return people.find_host_moderator(session, host_id(site, user)) if user.role else None


def is_followed(session: Session, site: t.Site, user: HostUser) -> bool:
    """Return True if what is stored is what the host says."""
    moderator = people.find_host_moderator(session, host_id(site, user))
    if moderator is None:
        return not user.role
    seat = _seat(session, moderator, site)
    if not user.role:
        return seat is None
    stored = (seat.role if seat else "", moderator.name, moderator.left_at)
    return stored == (user.role, _name(user), None)


def follow(*, session: Session, runtime: Runtime, site: t.Site, user: HostUser) -> None:
    """Give a host's user the role on the host's site that the host says, or take it away."""
    serialise(session, "people")
    key, now = host_id(site, user), runtime.now()
    moderator = people.find_host_moderator(session, key)
    if moderator is None:
        if not user.role:
            return
        moderator = t.Moderator(name=_name(user), email=key, host_id=key, created_at=now)
        moderator.failed_count = 0
        session.add(moderator)
        session.flush()
    seat = _seat(session, moderator, site)
    before = seat.role if seat else ""
    if user.role:
        moderator.name, moderator.left_at = _name(user), None
        rights.give_role(
            session, moderator_id=moderator.id, site_id=site.id, role=user.role, now=now
        )
    elif seat is not None:
        session.delete(seat)
        moderator.left_at = now
    session.flush()
    if before != user.role:
        _note(session, runtime, moderator, site, before=before, role=user.role)


def _note(
    session: Session,
    runtime: Runtime,
    moderator: t.Moderator,
    site: t.Site,
    *,
    before: str,
    role: str,
) -> None:
    change = "removed" if not role else "role" if before else "added"
    about = {"name": moderator.name, "from": before, "role": role or before}
    people.add_audit_entry(
        session, moderator.id, site.id, change, about, actor=ACTOR, now=runtime.now()
    )


def _seat(session: Session, moderator: t.Moderator, site: t.Site) -> t.Seat | None:
    query = select(t.Seat).where(t.Seat.moderator_id == moderator.id, t.Seat.site_id == site.id)
    return session.scalar(query.execution_options(populate_existing=True))


def _name(user: HostUser) -> str:
    return clean_name(user.name)[:80] or str(user.id)[:80]
