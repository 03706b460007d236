"""Tables of bulk actions, earlier texts of comments, and verdict reasons."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.base import PREFIX, Base, Id, Json
from comment_service.storage.tables.comments import Comment
from comment_service.storage.tables.people import Moderator


class Batch(Base):
    """One decision about many comments: the audit entry of a bulk action, carried out in steps.

    ``query`` is the selection: a queue with its filter, or picked ids. Comments newer than
    ``newest_id`` are not touched; ``reached_id`` is how far the action has come, downwards.
    """

    __tablename__ = PREFIX + "batches"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey(Moderator.id))
    decision: Mapped[str] = mapped_column(String(16))
    query: Mapped[dict[str, Any]] = mapped_column(Json)
    expected: Mapped[int]
    newest_id: Mapped[int] = mapped_column(Id)
    reached_id: Mapped[int] = mapped_column(Id)
    decided: Mapped[int] = mapped_column(default=0)
    undone: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    undo_reached_id: Mapped[int | None] = mapped_column(Id)
    undo_by_id: Mapped[int | None] = mapped_column(ForeignKey(Moderator.id))
    undo_at: Mapped[datetime | None]


class Revision(Base):
    """The text of a comment before a moderator edited it, or (without a moderator) its author."""

    __tablename__ = PREFIX + "revisions"
    __table_args__ = (Index(None, "comment_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey(Comment.id, ondelete="CASCADE"))
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey(Moderator.id))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

    moderator: Mapped[Moderator | None] = relationship()


class VerdictReason(Base):
    """A finding of a comment's newest verdict, by name, for filters.

    ``status`` copies the comment's; triggers keep it equal (``storage/db/search.py``).
    """

    __tablename__ = PREFIX + "verdict_reasons"
    __table_args__ = (Index(None, "name", "status", "comment_id"),)

    comment_id: Mapped[int] = mapped_column(
        ForeignKey(Comment.id, ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
