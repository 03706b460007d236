"""Who is told by mail: moderators by their seats and wishes."""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from comment_service.storage.tables import Moderator, Seat

EACH, DIGEST, NONE = "each", "digest", "none"
ANY = (EACH, DIGEST)
"""The wishes of those who want mails about held comments."""
WISHES = (*ANY, NONE)
"""What a moderator may wish of mails about held comments."""


def of_site(session: Session, site_id: int, wishes: Sequence[str] = (EACH,)) -> Sequence[Moderator]:
    """Return the moderators who decide on a site and have one of these wishes."""
    seated = select(Seat.id).where(
        Seat.moderator_id == Moderator.id, or_(Seat.site_id.is_(None), Seat.site_id == site_id)
    )
    query = select(Moderator).where(
        seated.exists(), Moderator.left_at.is_(None), Moderator.held_mail.in_(wishes)
    )
    return list(session.scalars(query.order_by(Moderator.id)))


def nobodys(session: Session, site_id: int, addresses: Sequence[str]) -> Sequence[str]:
    """Return the addresses that nobody who decides on a site is told at anyway.

    An invitation proves no address: whoever owns one site must not be able to end the mails of an
    address that the installation names. So a wish for none counts only with a seat on every site.
    """
    lowered = [address.lower() for address in addresses]
    query = (
        select(func.lower(Moderator.email))
        .join(Seat, Seat.moderator_id == Moderator.id)
        .where(
            func.lower(Moderator.email).in_(lowered),
            Moderator.left_at.is_(None),
            or_(
                Seat.site_id.is_(None),
                and_(Seat.site_id == site_id, Moderator.held_mail.in_(ANY)),
            ),
        )
    )
    told = set(session.scalars(query))
    return [address for address in addresses if address.lower() not in told]


def who_want_digests(session: Session) -> Sequence[Moderator]:
    """Return the moderators who want one mail a day about what waits."""
    query = select(Moderator).where(Moderator.left_at.is_(None), Moderator.held_mail == DIGEST)
    return list(session.scalars(query.order_by(Moderator.id)))


def who_want_weeks(session: Session) -> Sequence[Moderator]:
    """Return the moderators who want the week's figures by mail."""
    query = select(Moderator).where(Moderator.left_at.is_(None), Moderator.weekly_mail.is_(True))
    return list(session.scalars(query.order_by(Moderator.id)))
