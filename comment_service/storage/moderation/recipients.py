"""Recipients of moderation mails, by role and preference.

Users of a host application get none: nothing tells the service that the host dismissed one of them,
and these mails have links that decide.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from comment_service.storage.tables import Moderator, Seat

EACH, DIGEST, NONE = "each", "digest", "none"
ANY = (EACH, DIGEST)
"""Preferences that want mails about pending comments."""
PREFERENCES = (*ANY, NONE)
"""A moderator's possible preferences for mails about pending comments."""


def _in_office() -> tuple[ColumnElement[bool], ...]:
    """Select moderators who have not left and whose addresses are their own."""
    return Moderator.left_at.is_(None), Moderator.host_id.is_(None)


def of_site(session: Session, site_id: int, wishes: Sequence[str] = (EACH,)) -> Sequence[Moderator]:
    """Return a site's moderators who have one of these preferences."""
    seated = select(Seat.id).where(
        Seat.moderator_id == Moderator.id, or_(Seat.site_id.is_(None), Seat.site_id == site_id)
    )
    query = select(Moderator).where(seated.exists(), *_in_office(), Moderator.held_mail.in_(wishes))
    return list(session.scalars(query.order_by(Moderator.id)))


def unclaimed_addresses(session: Session, site_id: int, addresses: Sequence[str]) -> Sequence[str]:
    """Return the addresses of the settings that no moderator of the site receives mail at.

    An invitation verifies no address: the owner of one site must not be able to stop the mails
    to an address that the installation names. So the preference "none" counts only with a role
    on all sites.
    """
    lowered = [address.lower() for address in addresses]
    query = (
        select(func.lower(Moderator.email))
        .join(Seat, Seat.moderator_id == Moderator.id)
        .where(
            func.lower(Moderator.email).in_(lowered),
            *_in_office(),
            or_(
                Seat.site_id.is_(None),
                and_(Seat.site_id == site_id, Moderator.held_mail.in_(ANY)),
            ),
        )
    )
    told = set(session.scalars(query))
    return [address for address in addresses if address.lower() not in told]


def for_digests(session: Session) -> Sequence[Moderator]:
    """Return the moderators who want a daily digest of pending comments."""
    query = select(Moderator).where(*_in_office(), Moderator.held_mail == DIGEST)
    return list(session.scalars(query.order_by(Moderator.id)))


def for_weekly_mail(session: Session) -> Sequence[Moderator]:
    """Return the moderators who want the weekly mail."""
    query = select(Moderator).where(*_in_office(), Moderator.weekly_mail.is_(True))
    return list(session.scalars(query.order_by(Moderator.id)))
