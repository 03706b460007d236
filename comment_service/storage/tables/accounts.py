"""Tables of reader accounts: pending sign-ins, passkeys, provider registrations, avatars, audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.authors import Author, Identity
from comment_service.storage.tables.base import PREFIX, Base, Id, Json
from comment_service.storage.tables.sites import Site


class SignIn(Base):
    """A proven identity that waits to be claimed, once, by the widget that asked for it.

    ``challenge`` is the SHA-256 of a verifier that only the widget knows, in base64url without
    padding. It can be claimed from ``confirmed_at`` to ``expires_at``.
    """

    __tablename__ = PREFIX + "sign_ins"
    __table_args__ = (Index(None, "challenge"), Index(None, "expires_at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    identity_id: Mapped[int] = mapped_column(ForeignKey(Identity.id, ondelete="CASCADE"))
    challenge: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]

    identity: Mapped[Identity] = relationship()


class Passkey(Base):
    """The public key of a passkey; the identity's subject is the key's id."""

    __tablename__ = PREFIX + "passkeys"

    identity_id: Mapped[int] = mapped_column(
        ForeignKey(Identity.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(Id, default=0)
    transports: Mapped[list[str]] = mapped_column(Json, default=list)

    identity: Mapped[Identity] = relationship()


class ProviderApp(Base):
    """Client credentials from registering at one server of a provider with many servers."""

    __tablename__ = PREFIX + "provider_apps"
    __table_args__ = (UniqueConstraint("provider", "host"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    provider: Mapped[str] = mapped_column(String(64))
    host: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(500))
    client_secret: Mapped[str] = mapped_column(String(500))
    redirect_url: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]


class Picture(Base):
    """An author's avatar, re-encoded by the service; ``Author.picture`` is its tag."""

    __tablename__ = PREFIX + "pictures"

    author_id: Mapped[int] = mapped_column(
        ForeignKey(Author.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    media_type: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    fetched_at: Mapped[datetime]


class AuthorChange(Base):
    """An audit entry of a reader's change to their own account; it outlives the author."""

    __tablename__ = PREFIX + "author_changes"
    __table_args__ = (Index(None, "author_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(Id)
    change: Mapped[str] = mapped_column(String(32))
    about: Mapped[dict[str, Any]] = mapped_column(Json)
    actor: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
