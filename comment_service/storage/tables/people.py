"""Staff tables: moderators, their roles on sites, one-time links, audit, saved replies."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.base import PREFIX, Base, Id, Json
from comment_service.storage.tables.sites import Site

OWNER = "owner"
MODERATOR = "moderator"
ROLES = (OWNER, MODERATOR)
"""Roles on a site: an owner can also change rules, models and the team."""


class Moderator(Base):
    """A staff member; ``password_hash`` is argon2's, "" if only sign-in links let them in.

    The secret of the second factor is not stored: it is derived from the server's secret and
    ``second_salt``. It is required from ``second_since`` on; ``second_last`` is the time step of
    the last accepted code, ``recovery`` the hashes of the unused recovery codes.
    ``held_mail`` is each, digest or none. ``host_id`` names the user of a host application whom the
    host signs in (``host_staff``); ``email`` then is the same text, and no address.
    """

    __tablename__ = PREFIX + "moderators"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255), default="")
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    second_salt: Mapped[str] = mapped_column(String(64), default="")
    second_since: Mapped[datetime | None]
    second_last: Mapped[int] = mapped_column(default=0)
    recovery: Mapped[list[str]] = mapped_column(Json, default=list)
    held_mail: Mapped[str] = mapped_column(String(16), default="each")
    weekly_mail: Mapped[bool] = mapped_column(default=True)
    digest_at: Mapped[datetime | None]
    weekly_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    host_id: Mapped[str | None] = mapped_column(String(320), unique=True)

    @property
    def address(self) -> str:
        """Return the e-mail address, "" for a user of a host application."""
        return "" if self.host_id else self.email


class Seat(Base):
    """A moderator's role on a site; without a site, on every current and future site."""

    __tablename__ = PREFIX + "seats"
    __table_args__ = (UniqueConstraint("moderator_id", "site_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey(Moderator.id, ondelete="CASCADE"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]


class Ticket(Base):
    """A one-time link: GET shows it, POST uses it up.

    ``purpose`` is setup, enter, invite, second, decide or in_place; ``about`` is its subject: the
    role that an invitation offers, the comment that a link in an e-mail decides, or the session and
    the page for which a widget claims a moderator's token.
    """

    __tablename__ = PREFIX + "tickets"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(16))
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey(Moderator.id, ondelete="CASCADE"))
    about: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    moderator: Mapped[Moderator | None] = relationship()


class LoginFailure(Base):
    """Wrong passwords under one key: a keyed hash of an address and where they came from.

    ``address`` is the keyed hash of the address alone, so that an owner can unlock it.
    """

    __tablename__ = PREFIX + "login_failures"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    count: Mapped[int]
    last_at: Mapped[datetime]
    wait_until: Mapped[datetime | None]


class PeopleChange(Base):
    """An audit entry of a change to the team: invited, role changed, removed, unlocked."""

    __tablename__ = PREFIX + "people_changes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey(Moderator.id, ondelete="SET NULL"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"), index=True)
    change: Mapped[str] = mapped_column(String(32))
    about: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    actor: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class SavedReply(Base):
    """A reply text that a site's moderators use again."""

    __tablename__ = PREFIX + "saved_replies"
    __table_args__ = (Index(None, "site_id", "name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    moderator_id: Mapped[int] = mapped_column(ForeignKey(Moderator.id))
    name: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
