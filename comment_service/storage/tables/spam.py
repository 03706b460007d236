"""What screening found, what moderators decided, what is learned from it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.base import PREFIX, Base, Id, Json
from comment_service.storage.tables.comments import Comment
from comment_service.storage.tables.people import Moderator
from comment_service.storage.tables.sites import Site


class Model(Base):
    """A trained spam model: its card, and its arrays where it does not ship with the package."""

    __tablename__ = PREFIX + "models"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    card: Mapped[dict[str, Any]] = mapped_column(Json)
    arrays: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]


class Verdict(Base):
    """What screening found about a comment, kept as a receipt."""

    __tablename__ = PREFIX + "verdicts"
    __table_args__ = (Index(None, "comment_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey(Comment.id, ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(16))
    score: Mapped[float | None]
    hold_at: Mapped[float | None]
    spam_at: Mapped[float | None]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    model: Mapped[str] = mapped_column(String(64), default="")
    milliseconds: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[datetime]


class Decision(Base):
    """What a moderator did: the audit line, and the source of labels."""

    __tablename__ = PREFIX + "decisions"
    __table_args__ = (Index(None, "comment_id", "id"), Index(None, "moderator_id", "id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey(Comment.id, ondelete="CASCADE"))
    moderator_id: Mapped[int] = mapped_column(ForeignKey(Moderator.id))
    decision: Mapped[str] = mapped_column(String(16))
    from_status: Mapped[str] = mapped_column(String(16))
    to_status: Mapped[str] = mapped_column(String(16))
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey(PREFIX + "decisions.id"))
    undone_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    comment: Mapped[Comment] = relationship()
    moderator: Mapped[Moderator] = relationship()


class Label(Base):
    """One lesson for the model: a text and what a person said it is."""

    __tablename__ = PREFIX + "labels"
    __table_args__ = (Index(None, "site_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(
        ForeignKey(Comment.id, ondelete="SET NULL"), index=True
    )
    decision_id: Mapped[int | None] = mapped_column(
        ForeignKey(Decision.id, ondelete="SET NULL"), index=True
    )
    label: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    url: Mapped[str] = mapped_column(String(2000), default="")
    source: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(200))
    weight: Mapped[float] = mapped_column(default=1.0)
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
