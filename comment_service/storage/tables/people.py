"""Those who run a site: moderators, and the one-time links that let them in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.base import PREFIX, Base, Id


class Moderator(Base):
    """Someone who decides; ``password_hash`` is argon2's, empty where only links let in."""

    __tablename__ = PREFIX + "moderators"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255), default="")
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Ticket(Base):
    """A one-time link: GET shows it, POST spends it. ``purpose`` is setup or enter."""

    __tablename__ = PREFIX + "tickets"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(16))
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey(Moderator.id, ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    moderator: Mapped[Moderator | None] = relationship()
