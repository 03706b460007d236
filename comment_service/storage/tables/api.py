"""Tables of programs that use the service: their keys, and what they had checked for spam."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.base import PREFIX, Base, Id, Json
from comment_service.storage.tables.people import Moderator
from comment_service.storage.tables.sites import Site
from comment_service.storage.tables.spam import Label

SCOPES = ("read", "comment", "score", "moderate", "manage", "akismet")
"""What a key may do: read public and pending comments, write comments as a program, score texts,
decide about comments, change settings and models, and use the Akismet-compatible API."""


class ApiKey(Base):
    """A program's key, only its hash kept; without a site, for every current and future site.

    ``hint`` is the end of the key, by which people recognise it. Labels of a key count from
    ``trusted_at`` on: when it has agreed with moderators often enough. A key acts for the person
    who made it (``moderator_id``) and never does more than that person may do now; the server's
    operator makes keys that act for nobody.
    """

    __tablename__ = PREFIX + "api_keys"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"), index=True)
    moderator_id: Mapped[int | None] = mapped_column(
        ForeignKey(Moderator.id, ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(100))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(8))
    scopes: Mapped[list[str]] = mapped_column(Json)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    trusted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(200), default="")

    site: Mapped[Site | None] = relationship()
    moderator: Mapped[Moderator | None] = relationship()

    @property
    def actor(self) -> str:
        """The actor of labels and decisions that come from this key."""
        return f"key {self.id}"


class ExternalCheck(Base):
    """A text that another program had checked, what the filter answered, and who disagreed.

    ``guid`` names it to the program; ``reported`` is the program's later judgement and ``decided``
    a person's ("spam", "ham" or ""). ``answer`` is "spam", "ham", or "" for a text that was only
    reported.
    """

    __tablename__ = PREFIX + "external_checks"
    __table_args__ = (
        Index(None, "site_id", "id"),
        Index(None, "site_id", "text_hash", "id"),
        Index(None, "key_id", "id"),
        Index(None, "created_at"),
        Index(None, "report_label_id"),
        Index(None, "decision_label_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    key_id: Mapped[int] = mapped_column(ForeignKey(ApiKey.id, ondelete="CASCADE"))
    guid: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    blog: Mapped[str] = mapped_column(String(500))
    permalink: Mapped[str] = mapped_column(String(2000), default="")
    author: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    url: Mapped[str] = mapped_column(String(2000), default="")
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(32), default="")
    answer: Mapped[str] = mapped_column(String(8))
    score: Mapped[float | None]
    model: Mapped[str] = mapped_column(String(64), default="")
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    reported: Mapped[str] = mapped_column(String(8), default="")
    reported_at: Mapped[datetime | None]
    decided: Mapped[str] = mapped_column(String(8), default="")
    decided_by: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    report_label_id: Mapped[int | None] = mapped_column(ForeignKey(Label.id, ondelete="SET NULL"))
    decision_label_id: Mapped[int | None] = mapped_column(ForeignKey(Label.id, ondelete="SET NULL"))

    key: Mapped[ApiKey] = relationship()


class CheckCount(Base):
    """How many texts a key had checked in a month, by the blog that it named."""

    __tablename__ = PREFIX + "check_counts"

    key_id: Mapped[int] = mapped_column(ForeignKey(ApiKey.id, ondelete="CASCADE"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)  # YYYY-MM
    blog: Mapped[str] = mapped_column(String(500), primary_key=True)
    calls: Mapped[int] = mapped_column(default=0)
    spam: Mapped[int] = mapped_column(default=0)
    ham: Mapped[int] = mapped_column(default=0)
    missed_spam: Mapped[int] = mapped_column(default=0)
    false_positives: Mapped[int] = mapped_column(default=0)
