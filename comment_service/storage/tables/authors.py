"""Authors, the identities that prove them, and their sessions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.base import PREFIX, Base, Id
from comment_service.storage.tables.people import Moderator
from comment_service.storage.tables.sites import Site


class Author(Base):
    """A person who comments or likes on one site; the e-mail address is never shown.

    ``shadowed`` belongs to a block: the author sees their comments as published, nobody else does.
    ``proven_email`` is a verified address in lower case, "" for none; ``picture`` is the avatar's
    tag, "" if the identicon is shown.
    """

    __tablename__ = PREFIX + "authors"
    __table_args__ = (Index(None, "site_id", "proven_email"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    url: Mapped[str] = mapped_column(String(2000), default="")
    created_at: Mapped[datetime]
    blocked_at: Mapped[datetime | None]
    blocked_until: Mapped[datetime | None]
    shadowed: Mapped[bool] = mapped_column(default=False)
    trusted_at: Mapped[datetime | None]
    proven_email: Mapped[str] = mapped_column(String(320), default="")
    picture: Mapped[str] = mapped_column(String(32), default="")
    erased_at: Mapped[datetime | None]


class Identity(Base):
    """(issuer, subject) → author. The address is never the identity.

    ``provider`` is the row of the settings through which it came, for the badge; two rows that lead
    to one issuer are one identity. ``email`` is what the issuer vouches for, "" where it does not;
    ``moderator`` and ``writer`` whether a website's own log-in calls them that.
    """

    __tablename__ = PREFIX + "identities"
    __table_args__ = (
        UniqueConstraint("site_id", "issuer", "subject"),
        Index(None, "site_id", "moderator"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id, ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(64))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    picture_url: Mapped[str] = mapped_column(String(2000), default="")
    moderator: Mapped[bool] = mapped_column(default=False)
    writer: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    author: Mapped[Author] = relationship()


class Session(Base):
    """A revocable token, only its hash kept: a visitor's browser or a moderator's.

    Tokens of someone signed in (``identity_id``) change as they are used: those that came of one
    sign-in share a ``family``; ``replaces_id`` is the row before, ``replaced_at`` when the row
    after it was first used.
    """

    __tablename__ = PREFIX + "sessions"
    __table_args__ = (Index(None, "expires_at"), Index(None, "family"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey(Author.id, ondelete="CASCADE"), index=True
    )
    moderator_id: Mapped[int | None] = mapped_column(
        ForeignKey(Moderator.id, ondelete="CASCADE"), index=True
    )
    identity_id: Mapped[int | None] = mapped_column(
        ForeignKey(Identity.id, ondelete="CASCADE"), index=True
    )
    family: Mapped[str] = mapped_column(String(64), default="")
    replaces_id: Mapped[int | None] = mapped_column(Id)
    replaced_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(String(200), default="")

    author: Mapped[Author | None] = relationship()
    moderator: Mapped[Moderator | None] = relationship()
    identity: Mapped[Identity | None] = relationship()
