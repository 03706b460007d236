"""What a moderator may do, and where: the seats of one person as a value, asked once a request."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.errors import CommentGone, NotThere
from comment_service.storage.admin import people
from comment_service.storage.db.session import serialise
from comment_service.storage.tables import OWNER, Comment, Page, Seat, Site

NOBODYS = "There is no such comment (any more)."
NO_PAGE = "There is no such page (any more)."


@dataclass(frozen=True)
class Rights:
    """Sites by id; None stands for every one there is and will be."""

    moderator_id: int
    sites: frozenset[int] | None
    owned: frozenset[int] | None

    def moderates(self, site_id: int) -> bool:
        """Tell whether this one decides on a site; whoever owns it does."""
        return self.sites is None or site_id in self.sites

    def owns(self, site_id: int) -> bool:
        """Tell whether this one settles rules, models and people of a site."""
        return self.owned is None or site_id in self.owned

    def covers(self, sites: Collection[int] | None) -> bool:
        """Tell whether this one decides on all of these sites."""
        return self.sites is None or (sites is not None and set(sites) <= self.sites)

    @property
    def any(self) -> bool:
        """Whether there is a site at all."""
        return self.sites is None or bool(self.sites)

    @property
    def owner(self) -> bool:
        """Whether there is a site that this one owns."""
        return self.owned is None or bool(self.owned)

    @property
    def scope(self) -> tuple[int, ...] | None:
        """The sites in order, as a filter keeps them."""
        return None if self.sites is None else tuple(sorted(self.sites))


def of(session: Session, moderator_id: int) -> Rights:
    """Return what a moderator may do, in one query."""
    query = select(Seat.site_id, Seat.role).where(Seat.moderator_id == moderator_id)
    seats = [(site_id, role) for site_id, role in session.execute(query)]
    owned = _sites([site_id for site_id, role in seats if role == OWNER])
    return Rights(moderator_id, _sites([site_id for site_id, _role in seats]), owned)


def _sites(found: Sequence[int | None]) -> frozenset[int] | None:
    return None if None in found else frozenset(one for one in found if one is not None)


def require(session: Session, moderator_id: int, site_id: int) -> None:
    """Refuse who does not decide on a site, as if nothing were there.

    Raises:
        CommentGone: there is no seat of theirs.
    """
    if not of(session, moderator_id).moderates(site_id):
        raise CommentGone(NOBODYS)


def comment(session: Session, moderator_id: int, comment_id: int) -> Comment:
    """Return a comment that a moderator may decide about.

    Raises:
        CommentGone: there is none, or it is another site's.
    """
    found = session.get(Comment, comment_id)
    if found is None:
        raise CommentGone(NOBODYS)
    require(session, moderator_id, found.site_id)
    return found


def page(session: Session, moderator_id: int | None, page_id: int) -> Page:
    """Return a page where a moderator decides; None is whoever runs the server.

    Raises:
        NotThere: there is none, or it is another site's.
    """
    found = session.get(Page, page_id)
    allowed = moderator_id is None or (
        found is not None and of(session, moderator_id).moderates(found.site_id)
    )
    if found is None or not allowed:
        raise NotThere(NO_PAGE)
    return found


def sites(session: Session, allowed: frozenset[int] | None) -> Sequence[Site]:
    """Return these sites by their keys; None: every one."""
    query = select(Site).order_by(Site.key)
    if allowed is not None:
        query = query.where(Site.id.in_(allowed))
    return list(session.scalars(query))


def give(
    session: Session,
    *,
    moderator_id: int,
    site_id: int | None,
    role: str,
    now: datetime,
    keep: int | None = None,
) -> Seat:
    """Give a moderator a seat, or the seat that is there another role; one by one.

    Where that is more than before, links that others made, and the sessions but ``keep``, end:
    whoever could open them was trusted with less.
    """
    serialise(session, "people")
    query = select(Seat).where(Seat.moderator_id == moderator_id)
    same = Seat.site_id.is_(None) if site_id is None else Seat.site_id == site_id
    seat = session.scalar(query.where(same).execution_options(populate_existing=True))
    if seat is None or (role == OWNER and seat.role != OWNER):
        people.end_what_others_opened(session, moderator_id, now, but=keep)
    if seat is None:
        seat = Seat(moderator_id=moderator_id, site_id=site_id, role=role, created_at=now)
        session.add(seat)
    seat.role = role
    session.flush()
    return seat
