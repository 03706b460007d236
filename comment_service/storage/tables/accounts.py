"""What an account has beside its author: sign-ins on their way, passkeys, a picture, an audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.authors import Author, Identity
from comment_service.storage.tables.base import PREFIX, Base, Id, Json
from comment_service.storage.tables.sites import Site


class SignIn(Base):
    """A proven identity that the widget which asked for it has yet to claim, once.

    ``challenge`` is the SHA-256 of the verifier that only the widget has, in base64url without
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
    """The public half of a key that proves an identity, whose subject is the key's own id."""

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
    """What a provider with many hosts gave us when we registered at one of them."""

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
    """An author's profile picture, drawn anew by us; ``Author.picture`` is its tag."""

    __tablename__ = PREFIX + "pictures"

    author_id: Mapped[int] = mapped_column(
        ForeignKey(Author.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    media_type: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    fetched_at: Mapped[datetime]


class AuthorChange(Base):
    """The audit line of what someone did to their own account; it outlives the author."""

    __tablename__ = PREFIX + "author_changes"
    __table_args__ = (Index(None, "author_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(Id)
    change: Mapped[str] = mapped_column(String(32))
    about: Mapped[dict[str, Any]] = mapped_column(Json)
    actor: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
