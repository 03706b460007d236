"""Tables of outgoing webhooks: where events are sent, and each delivery."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.base import PREFIX, Base, Id, Json
from comment_service.storage.tables.sites import Site

WEBHOOK_KINDS = ("webhook", "slack", "discord", "ntfy", "matrix", "telegram", "build")
"""What a webhook sends: signed events, a message for a chat or phone, or a trigger of a build."""

_ORDER = "ix_comments_webhook_deliveries_order"  # PostgreSQL takes names of up to 63 characters


class Webhook(Base):
    """A server that is told of a site's events.

    ``events`` has the names of the chosen events. The signing secret is not stored: it is derived
    from the server's secret and ``salt``; the one of ``old_salt`` stays valid until ``old_until``.
    ``authorization`` is the value of that header for targets that need a token, "" for none.
    ``failures`` counts failed requests since the last success, which began at ``failing_since``;
    until ``waits_until`` nothing is sent. ``disabled_why`` is "" if an owner switched it off.
    """

    __tablename__ = PREFIX + "webhooks"
    __table_args__ = (Index(None, "site_id", "disabled_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(String(2000))
    kind: Mapped[str] = mapped_column(String(16))
    events: Mapped[list[str]] = mapped_column(Json)
    authorization: Mapped[str] = mapped_column(String(2000), default="")
    salt: Mapped[str] = mapped_column(String(64))
    old_salt: Mapped[str] = mapped_column(String(64), default="")
    old_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    waits_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_why: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]

    site: Mapped[Site] = relationship()


class WebhookDelivery(Base):
    """One event for one webhook; ``event_id`` is the same for every webhook and every attempt.

    Deliveries of a ``comment_id`` are made in the order of their ids. ``payload`` has ids and plain
    values of the event; ``body`` is what was sent last, made when it was sent. ``status`` is the
    last answer's (0: none), ``response`` its beginning. ``dead_at`` marks one that was given up.
    """

    __tablename__ = PREFIX + "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index(None, "webhook_id", "done_at", "dead_at", "id"),
        Index(_ORDER, "webhook_id", "comment_id", "done_at", "dead_at", "id"),
        Index(None, "webhook_id", "id"),
        Index(None, "comment_id"),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey(Webhook.id, ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    comment_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    status: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    response: Mapped[str] = mapped_column(Text, default="")
    seconds: Mapped[float | None]
    body: Mapped[str] = mapped_column(Text, default="")

    webhook: Mapped[Webhook] = relationship()
