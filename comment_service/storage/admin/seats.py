"""The team page: roles on an owner's sites, open invitations, changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, or_, select, true
from sqlalchemy.orm import Session as Db

from comment_service.storage.admin import people, rights
from comment_service.storage.admin.rights import Rights
from comment_service.storage.db import prepared
from comment_service.storage.db.paging import newest_page
from comment_service.storage.tables import (
    OWNER,
    Author,
    Identity,
    Moderator,
    PeopleChange,
    Seat,
    Session,
    Site,
    Ticket,
)

INVITE = "invite"
MOST_INVITATIONS = 100
"""Most invitations that can be open at once."""


@dataclass(frozen=True)
class Person:
    """A moderator with the roles that concern an owner; ``site`` None is all sites."""

    moderator: Moderator
    seats: Sequence[tuple[Seat, Site | None]]
    seen_at: datetime | None
    manageable: bool  # True if the owner can remove one of the roles


def _concerns(may: Rights) -> ColumnElement[bool]:
    """Select roles on an owner's sites, and roles on all sites."""
    if may.owned is None:
        return true()
    return or_(Seat.site_id.in_(may.owned), Seat.site_id.is_(None))


def team_page(
    db: Db, may: Rights, *, before: int | None, limit: int
) -> tuple[Sequence[Person], int | None]:
    """Return a page of people with a role on an owner's sites, newest first; three queries."""
    seated = select(Seat.id).where(Seat.moderator_id == Moderator.id, _concerns(may))
    query = select(Moderator).where(seated.exists())
    found, following = newest_page(db, query, Moderator.id, before=before, limit=limit)
    ids = [moderator.id for moderator in found]
    seats, seen = _roles(db, may, ids), _last_seen(db, ids)
    return [_person(may, one, seats.get(one.id, ()), seen.get(one.id)) for one in found], following


def _person(
    may: Rights,
    moderator: Moderator,
    seats: Sequence[tuple[Seat, Site | None]],
    seen_at: datetime | None,
) -> Person:
    manageable = any(can_manage_role(may, seat.site_id) for seat, _site in seats)
    return Person(moderator, seats, seen_at, manageable)


def _roles(
    db: Db, may: Rights, ids: Sequence[int]
) -> Mapping[int, Sequence[tuple[Seat, Site | None]]]:
    query = select(Seat, Site).outerjoin(Site, Site.id == Seat.site_id)
    query = query.where(Seat.moderator_id.in_(ids), _concerns(may))
    found: dict[int, list[tuple[Seat, Site | None]]] = {}
    for seat, site in db.execute(query.order_by(Seat.site_id.is_not(None), Site.key)):
        found.setdefault(seat.moderator_id, []).append((seat, site))
    return found


def _last_seen(db: Db, ids: Sequence[int]) -> Mapping[int, datetime]:
    """Return when each person was last seen; opening a session counts."""
    last = func.max(func.coalesce(Session.seen_at, Session.created_at)).label("seen")
    query = select(Session.moderator_id, last).where(Session.moderator_id.in_(ids))
    rows = db.execute(query.group_by(Session.moderator_id))
    return {row.moderator_id: row.seen for row in rows if row.seen}


def invitations(db: Db, may: Rights, now: datetime) -> Sequence[tuple[Ticket, Site | None]]:
    """Return the open invitations to an owner's sites, newest first."""
    query = select(Ticket).where(*people.valid_links(INVITE, now))
    rows = db.scalars(query.order_by(Ticket.id.desc()).limit(MOST_INVITATIONS))
    offered = [row for row in rows if _offers(may, row)]
    wanted = {row.about["site_id"] for row in offered}
    sites = {site.id: site for site in db.scalars(select(Site).where(Site.id.in_(wanted)))}
    return [(row, sites.get(row.about["site_id"])) for row in offered]


def count_invitations(db: Db, now: datetime) -> int:
    """Return the number of open invitations."""
    return db.scalar(select(func.count()).where(*people.valid_links(INVITE, now))) or 0


def invitation(db: Db, may: Rights, ticket_id: int, now: datetime) -> Ticket | None:
    """Return an open invitation to one of an owner's sites."""
    query = select(Ticket).where(Ticket.id == ticket_id, *people.valid_links(INVITE, now))
    row = db.scalar(query)
    return row if row is not None and _offers(may, row) else None


def _offers(may: Rights, ticket: Ticket) -> bool:
    return can_manage_role(may, ticket.about["site_id"])


def can_manage_role(may: Rights, site_id: int | None) -> bool:
    """Return True if an owner can give and remove a role on a site (None: on all sites)."""
    return may.owned is None if site_id is None else may.owns(site_id)


def can_manage_all_roles(db: Db, owner_id: int, moderator_id: int) -> bool:
    """Return True if an owner can give and remove every role of a moderator."""
    may = rights.rights_of(db, owner_id)
    return all(
        can_manage_role(may, seat.site_id) for seat, _site in people.roles_of(db, moderator_id)
    )


def is_last_owner(db: Db, seat: Seat) -> bool:
    """Return True if a role is that of the only owner of all sites."""
    if seat.site_id is not None or seat.role != OWNER:
        return False
    query = select(func.count()).where(Seat.site_id.is_(None), Seat.role == OWNER)
    return db.scalar(query) == 1


def changes(
    db: Db, may: Rights, *, before: int | None, limit: int
) -> tuple[Sequence[PeopleChange], int | None]:
    """Return the changes to the team of an owner's sites, newest first."""
    query = select(PeopleChange)
    if may.owned is not None:
        query = query.where(PeopleChange.site_id.in_(may.owned))
    return newest_page(db, query, PeopleChange.id, before=before, limit=limit)


_MODERATORS = (
    select(Moderator.name)
    .join(Seat, Seat.moderator_id == Moderator.id)
    .where(or_(Seat.site_id == bindparam("site_id"), Seat.site_id.is_(None)))
)
_READERS = (
    select(Author.name)
    .join(Identity, Identity.author_id == Author.id)
    .where(Identity.site_id == bindparam("site_id"), Identity.moderator.is_(True))
    .where(Author.id != bindparam("besides"))
)
_MODERATING = _MODERATORS.union_all(_READERS)


def moderator_names(db: Db, site_id: int) -> Sequence[str]:
    """Return the names of a site's moderators."""
    return [name for (name,) in prepared.rows(db, _MODERATORS, site_id=site_id)]


def moderating_names(db: Db, site_id: int, *, besides: int | None) -> Sequence[str]:
    """Return the names of a site's moderators, and of readers whom its own sign-in makes such.

    ``besides`` is a reader whose own name is left out.
    """
    found = prepared.rows(db, _MODERATING, site_id=site_id, besides=besides or 0)
    return [name for (name,) in found]
