"""Tables of verdicts, decisions, labels and models."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.base import PREFIX, Base, Id, Json
from comment_service.storage.tables.comments import Comment
from comment_service.storage.tables.people import Moderator
from comment_service.storage.tables.sites import Site


class Model(Base):
    """A trained spam model, immutable: its card, its arrays and the report of its promotion gate.

    ``state`` is candidate, active or retired; ``Site.model_id`` says which one is active.
    """

    __tablename__ = PREFIX + "models"
    __table_args__ = (Index(None, "site_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(16))
    card: Mapped[dict[str, Any]] = mapped_column(Json)
    report: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    arrays: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    actor: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]


class Switch(Base):
    """An audit entry of a promotion or a rollback."""

    __tablename__ = PREFIX + "switches"
    __table_args__ = (Index(None, "site_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    from_id: Mapped[str | None] = mapped_column(String(64))
    to_id: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class ShadowScore(Base):
    """The score that a candidate model would have given to a submission."""

    __tablename__ = PREFIX + "shadow_scores"
    __table_args__ = (UniqueConstraint("comment_id", "model_id"), Index(None, "model_id", "id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey(Comment.id, ondelete="CASCADE"))
    model_id: Mapped[str] = mapped_column(ForeignKey(Model.id, ondelete="CASCADE"))
    score: Mapped[float]
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]


class Verdict(Base):
    """What screening found about a comment."""

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
    features: Mapped[str] = mapped_column(String(16), default="")
    milliseconds: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[datetime]


class Decision(Base):
    """What a moderator did: an audit entry, and the source of labels."""

    __tablename__ = PREFIX + "decisions"
    __table_args__ = (
        Index(None, "comment_id", "id"),
        Index(None, "moderator_id", "id"),
        Index(None, "batch_id", "id"),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey(Comment.id, ondelete="CASCADE"))
    moderator_id: Mapped[int] = mapped_column(ForeignKey(Moderator.id))
    decision: Mapped[str] = mapped_column(String(16))
    from_status: Mapped[str] = mapped_column(String(16))
    to_status: Mapped[str] = mapped_column(String(16))
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey(PREFIX + "decisions.id"))
    batch_id: Mapped[int | None] = mapped_column(Id)
    note: Mapped[str] = mapped_column(Text, default="")
    undone_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    comment: Mapped[Comment] = relationship()
    moderator: Mapped[Moderator] = relationship()


class Label(Base):
    """A training example: a text and a person's judgement of it."""

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


class Forgetting(Base):
    """Labels of a source, up to ``newest_label``, that no longer count: mark and audit entry.

    The labels stay unchanged, so that reversing this restores exactly what counted before, and
    undoing a decision cannot restore a retracted label.
    """

    __tablename__ = PREFIX + "forgettings"
    __table_args__ = (Index(None, "site_id", "source", "actor", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(200))
    newest_label: Mapped[int] = mapped_column(Id)
    labels: Mapped[int]
    forgotten_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    undone_by: Mapped[str] = mapped_column(String(200), default="")
    undone_at: Mapped[datetime | None]
