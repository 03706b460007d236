"""Tables of sites, their pages, lists and rules."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.base import PREFIX, Base, Id, Json


class Site(Base):
    """A blog: a key for its snippets and the origins that may embed it.

    ``model_id`` is the site's active spam model; None is the shipped one. ``rules`` has the rules
    that differ from the installation's (see ``storage/admin/rules.py``). Until ``shield_until``
    every comment is held. ``steps_dismissed_at`` is when an owner put away the first steps.
    """

    __tablename__ = PREFIX + "sites"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    origins: Mapped[list[str]] = mapped_column(Json, default=list)
    model_id: Mapped[str | None] = mapped_column(String(64))
    rules: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    shield_until: Mapped[datetime | None]
    steps_dismissed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class EmbedOrigin(Base):
    """An origin whose pages asked for a site's comments: the first page, first and last time.

    It can be registered for the site or not; ``ignored`` is True if an owner does not want to be
    asked about it again.
    """

    __tablename__ = PREFIX + "embed_origins"

    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(300), primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    ignored: Mapped[bool] = mapped_column(default=False)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class Page(Base):
    """A URL of a site with its thread. ``revision`` grows with every public change.

    ``rules`` has the rules that differ from the site's; ``pinned_id`` is the pinned comment. Until
    ``shield_until`` every comment is held. ``url`` is the address as a browser sent it, ``key`` is
    the same for all spellings of it (``text/addresses.py``). ``title_by_moderator`` is True if a
    moderator set the title; then the page's own title no longer changes it. ``comment_count`` and
    ``like_count`` are kept by triggers (``storage/db/counters.py``).
    """

    __tablename__ = PREFIX + "pages"
    __table_args__ = (
        UniqueConstraint("site_id", "url"),
        Index(None, "site_id", "key"),
        Index(None, "site_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(String(2000))
    key: Mapped[str] = mapped_column(String(2000), default="")
    title: Mapped[str] = mapped_column(Text, default="")
    title_by_moderator: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)
    like_count: Mapped[int] = mapped_column(default=0)
    rules: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    shield_until: Mapped[datetime | None]
    pinned_id: Mapped[int | None] = mapped_column(Id)

    site: Mapped[Site] = relationship()


class PageAlias(Base):
    """Another address of a page: a former one, or one whose thread was merged into it."""

    __tablename__ = PREFIX + "page_aliases"
    __table_args__ = (
        UniqueConstraint("site_id", "url"),
        Index(None, "site_id", "key"),
        Index(None, "page_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    page_id: Mapped[int] = mapped_column(ForeignKey(Page.id, ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(String(2000))
    key: Mapped[str] = mapped_column(String(2000))
    created_at: Mapped[datetime]


class ListEntry(Base):
    """One entry of a site's lists, and the status of comments that match it.

    ``kind`` is word, link, domain or email; ``status`` is pending or spam.
    """

    __tablename__ = PREFIX + "list_entries"
    __table_args__ = (
        UniqueConstraint("site_id", "kind", "value"),
        Index(None, "site_id", "kind"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]


class RuleChange(Base):
    """An audit entry of a change to a site's rules (``page_url`` is "") or a page's rules."""

    __tablename__ = PREFIX + "rule_changes"
    __table_args__ = (Index(None, "site_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    page_url: Mapped[str] = mapped_column(String(2000), default="")
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
    actor: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
