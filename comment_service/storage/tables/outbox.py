"""Deliveries that follow a commit, stored in that commit."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from comment_service.storage.tables.base import PREFIX, Base, Id, Json


class OutboxRow(Base):
    """One delivery to make; ``dead_at`` marks one that was given up, with its last error."""

    __tablename__ = PREFIX + "outbox"
    __table_args__ = (Index(None, "done_at", "dead_at", "due_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
