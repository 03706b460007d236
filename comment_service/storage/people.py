"""Sessions, identities, moderators and one-time links: tokens in, rows out, only hashes kept."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import joinedload

from comment_service.storage.tables import (
    Author,
    Identity,
    Moderator,
    Seat,
    Session,
    Site,
    Ticket,
)


def new_token() -> str:
    """Return 256 random bits for a session or a link."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """Return what is kept of a token: it has 256 random bits, so a plain hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    db: Db, *, now: datetime, days: float, author: Author | None, moderator: Moderator | None
) -> str:
    """Open a session for a visitor or a moderator and return its token."""
    token = new_token()
    row = Session(token_hash=hashed(token), created_at=now, expires_at=now + timedelta(days=days))
    row.author, row.moderator = author, moderator
    db.add(row)
    return token


def find_session(db: Db, token: str, now: datetime) -> Session | None:
    """Return the session of a token that is neither expired nor revoked."""
    query = select(Session).where(
        Session.token_hash == hashed(token), Session.revoked_at.is_(None), Session.expires_at > now
    )
    return db.scalar(query.options(joinedload(Session.author), joinedload(Session.moderator)))


def revoke_session(db: Db, token: str, now: datetime) -> None:
    """End a session."""
    ended = update(Session).where(Session.token_hash == hashed(token)).values(revoked_at=now)
    db.execute(ended.execution_options(synchronize_session=False))


def find_author(db: Db, site_id: int, provider: str, subject: str) -> Author | None:
    """Return the author behind (provider, subject) on this site."""
    query = select(Author).join(Identity, Identity.author_id == Author.id)
    return db.scalar(
        query.where(
            Identity.site_id == site_id,
            Identity.provider == provider,
            Identity.subject == subject,
        )
    )


def add_author(
    db: Db, *, site_id: int, provider: str, subject: str, now: datetime, name: str = ""
) -> Author:
    """Add an author with one identity."""
    author = Author(site_id=site_id, name=name, created_at=now)
    identity = Identity(site_id=site_id, provider=provider, subject=subject, created_at=now)
    identity.author = author
    db.add(identity)
    db.flush()
    return author


def open_ticket(
    db: Db, *, purpose: str, now: datetime, minutes: float, moderator: Moderator | None = None
) -> str:
    """Make a one-time link's token."""
    token = new_token()
    row = Ticket(token_hash=hashed(token), purpose=purpose, created_at=now)
    row.expires_at = now + timedelta(minutes=minutes)
    row.moderator = moderator
    db.add(row)
    return token


def find_ticket(db: Db, token: str, purpose: str, now: datetime) -> Ticket | None:
    """Return the link's row where it is still good."""
    query = select(Ticket).where(
        Ticket.token_hash == hashed(token),
        Ticket.purpose == purpose,
        Ticket.used_at.is_(None),
        Ticket.expires_at > now,
    )
    return db.scalar(query.options(joinedload(Ticket.moderator)))


def spend_ticket(db: Db, ticket: Ticket, now: datetime) -> bool:
    """Use the link up; False where someone else was faster."""
    spent = update(Ticket).where(Ticket.id == ticket.id, Ticket.used_at.is_(None))
    rows = db.execute(spent.values(used_at=now).execution_options(synchronize_session=False))
    return bool(rows.rowcount)  # type: ignore[attr-defined]


def find_moderator(db: Db, email: str) -> Moderator | None:
    """Return the moderator with this address, whatever its case."""
    return db.scalar(select(Moderator).where(func.lower(Moderator.email) == email.lower()))


def moderators(db: Db) -> Sequence[Moderator]:
    """Return all moderators in the order in which they came."""
    return list(db.scalars(select(Moderator).order_by(Moderator.id)))


def seats(db: Db, moderator_id: int) -> Sequence[tuple[Seat, Site | None]]:
    """Return a moderator's seats, that on every site (with None) first."""
    query = select(Seat, Site).outerjoin(Site, Site.id == Seat.site_id)
    query = query.where(Seat.moderator_id == moderator_id)
    rows = db.execute(query.order_by(Seat.site_id.is_not(None), Site.key))
    return [(seat, site) for seat, site in rows]


def any_moderator(db: Db) -> bool:
    """Tell whether the installation has been set up."""
    return db.scalar(select(Moderator.id).limit(1)) is not None


def sweep(db: Db, now: datetime) -> None:
    """Delete sessions and links that ended more than a day ago."""
    ended = now - timedelta(days=1)
    for table in (Session, Ticket):
        gone = delete(table).where(table.expires_at < ended)
        db.execute(gone.execution_options(synchronize_session=False))
