"""Permissions of a moderator: their roles as one value, loaded once per request."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.errors import CommentNotFound, DoesNotExist
from comment_service.storage.admin import people
from comment_service.storage.db.session import serialise
from comment_service.storage.tables import OWNER, Comment, Page, Seat, Site
from comment_service.text.sentences import staff_sentence

NOBODYS = staff_sentence("There is no such comment (any more).")
NO_PAGE = staff_sentence("There is no such page (any more).")


@dataclass(frozen=True)
class Rights:
    """Sites by id; None stands for every current and future site."""

    moderator_id: int
    sites: frozenset[int] | None
    owned: frozenset[int] | None

    def moderates(self, site_id: int) -> bool:
        """Return True if the moderator can decide on a site; owners can."""
        return self.sites is None or site_id in self.sites

    def owns(self, site_id: int) -> bool:
        """Return True if the moderator can change rules, models and team of a site."""
        return self.owned is None or site_id in self.owned

    def covers(self, sites: Collection[int] | None) -> bool:
        """Return True if the moderator can decide on all of these sites."""
        return self.sites is None or (sites is not None and set(sites) <= self.sites)

    @property
    def any(self) -> bool:
        """Whether there is any site."""
        return self.sites is None or bool(self.sites)

    @property
    def owner(self) -> bool:
        """Whether there is any site that the moderator owns."""
        return self.owned is None or bool(self.owned)

    @property
    def scope(self) -> tuple[int, ...] | None:
        """The site ids in order, for filters."""
        return None if self.sites is None else tuple(sorted(self.sites))


def rights_of(session: Session, moderator_id: int) -> Rights:
    """Return a moderator's permissions, in one query."""
    query = select(Seat.site_id, Seat.role).where(Seat.moderator_id == moderator_id)
    seats = [(site_id, role) for site_id, role in session.execute(query)]
    owned = _sites([site_id for site_id, role in seats if role == OWNER])
    return Rights(moderator_id, _sites([site_id for site_id, _role in seats]), owned)


def _sites(found: Sequence[int | None]) -> frozenset[int] | None:
    return None if None in found else frozenset(one for one in found if one is not None)


def require(session: Session, moderator_id: int, site_id: int) -> None:
    """Refuse a moderator without a role on a site, as if nothing existed there.

    Raises:
        CommentNotFound: the moderator has no role on the site.
    """
    if not rights_of(session, moderator_id).moderates(site_id):
        raise CommentNotFound(NOBODYS)


def require_comment(session: Session, moderator_id: int, comment_id: int) -> Comment:
    """Return a comment that a moderator can decide about.

    Raises:
        CommentNotFound: it does not exist or belongs to another site.
    """
    found = session.get(Comment, comment_id)
    if found is None:
        raise CommentNotFound(NOBODYS)
    require(session, moderator_id, found.site_id)
    return found


def require_page(session: Session, moderator_id: int | None, page_id: int) -> Page:
    """Return a page of a site that a moderator decides on; moderator None is the server's operator.

    Raises:
        DoesNotExist: it does not exist or belongs to another site.
    """
    found = session.get(Page, page_id)
    allowed = moderator_id is None or (
        found is not None and rights_of(session, moderator_id).moderates(found.site_id)
    )
    if found is None or not allowed:
        raise DoesNotExist(NO_PAGE)
    return found


def allowed_sites(
    session: Session, allowed: frozenset[int] | None, limit: int | None = None
) -> Sequence[Site]:
    """Return these sites by key, at most ``limit``; None: all sites."""
    query = select(Site).order_by(Site.key).limit(limit)
    if allowed is not None:
        query = query.where(Site.id.in_(allowed))
    return list(session.scalars(query))


def give_role(
    session: Session,
    *,
    moderator_id: int,
    site_id: int | None,
    role: str,
    now: datetime,
    keep: int | None = None,
) -> Seat:
    """Give a moderator a role on a site, or change the existing role, one transaction at a time.

    If the new role allows more, links created by others and all sessions except ``keep`` end,
    because less trusted people could have opened them.
    """
    serialise(session, "people")
    query = select(Seat).where(Seat.moderator_id == moderator_id)
    same = Seat.site_id.is_(None) if site_id is None else Seat.site_id == site_id
    seat = session.scalar(query.where(same).execution_options(populate_existing=True))
    if seat is None or (role == OWNER and seat.role != OWNER):
        people.end_sessions_opened_by_others(session, moderator_id, now, but=keep)
    if seat is None:
        seat = Seat(moderator_id=moderator_id, site_id=site_id, role=role, created_at=now)
        session.add(seat)
    seat.role = role
    session.flush()
    return seat
