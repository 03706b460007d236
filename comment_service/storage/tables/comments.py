"""A comment and its position in the tree."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.authors import Author
from comment_service.storage.tables.base import PREFIX, Base, Id
from comment_service.storage.tables.sites import Page, Site

PENDING = "pending"
PUBLISHED = "published"
SPAM = "spam"
REJECTED = "rejected"
DELETED = "deleted"
STATUSES = (PENDING, PUBLISHED, SPAM, REJECTED, DELETED)


class Comment(Base):
    """A comment on a page.

    The tree is stored as ``parent_id``, ``root_id`` (its own id for a top-level comment) and
    ``depth`` (0 at the top). ``shown`` is True if its place is public: the comment is published, or
    it has a published reply. ``name`` and ``url`` are as they were when it was written.
    ``likeness`` is the folded text without links by which copies are found ("" for a short one);
    ``campaign_id`` is the id of the first comment with nearly the same text, which can be its own,
    and can outlive that comment. ``fragment`` is the last part of an imported comment's address at
    its source ("isso-7"), which leads to it here as well. ``score`` and ``model`` are the newest
    verdict's; ``identity`` is guest, account or host, ``provider`` the settings row of an account's
    provider; ``look`` is the review value (``storage/moderation/review_value.py``).
    ``source_url`` is the page elsewhere that the comment is a copy of, "" for one that was written
    here; ``written_at`` is when it was written there, if that is known. ``privacy_confirmed`` is
    True if its author ticked that they have read the privacy notice.
    ``best`` is the sort key for "best" (``storage/comments/ranking.py``); ``writer`` is True if the
    author writes the posts. ``by_moderator`` is True if the author was a moderator when they wrote
    it, ``by_owner`` if they owned the site as well.
    ``report_count`` counts the open reports; ``reported`` is True if there are any. ``like_count``
    and, for a top-level comment, ``reply_count`` (its public replies at any depth) are kept by
    triggers (``storage/db/counters.py``).
    """

    __tablename__ = PREFIX + "comments"
    __table_args__ = (
        UniqueConstraint("site_id", "idempotency_key"),
        Index(None, "page_id", "depth", "shown", "id"),
        Index(None, "page_id", "depth", "shown", "best"),
        Index(None, "root_id", "shown", "id"),
        Index(None, "site_id", "status", "id"),
        Index(None, "site_id", "text_hash", "id"),
        Index(None, "author_id", "status", "id"),
        Index(None, "network", "created_at"),
        Index(None, "site_id", "created_at"),
        Index(None, "site_id", "network", "author_id"),
        Index(None, "site_id", "campaign_id", "status", "id"),
        Index(None, "site_id", "name", "id"),
        Index(None, "page_id", "status", "id"),
        Index(None, "page_id", "fragment"),
        Index(None, "status", "id", "score", "created_at"),
        Index(None, "status", "look", "id"),
        Index(None, "status", "model", "id"),
        Index(None, "status", "identity", "id"),
        Index(None, "status", "reported", "id"),
        Index(None, "parent_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    page_id: Mapped[int] = mapped_column(ForeignKey(Page.id, ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id))
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey(PREFIX + "comments.id", ondelete="CASCADE")
    )
    root_id: Mapped[int | None] = mapped_column(
        ForeignKey(PREFIX + "comments.id", ondelete="CASCADE")
    )
    depth: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(16))
    shown: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320), default="")
    url: Mapped[str] = mapped_column(String(2000), default="")
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(32))
    likeness: Mapped[str] = mapped_column(Text, default="")
    campaign_id: Mapped[int | None] = mapped_column(Id)
    idempotency_key: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(32), default="")
    by_moderator: Mapped[bool] = mapped_column(default=False)
    by_owner: Mapped[bool] = mapped_column(default=False)
    writer: Mapped[bool] = mapped_column(default=False)
    like_count: Mapped[int] = mapped_column(default=0)
    reply_count: Mapped[int] = mapped_column(default=0)
    best: Mapped[int] = mapped_column(default=0)
    report_count: Mapped[int] = mapped_column(default=0)
    reported: Mapped[bool] = mapped_column(default=False)
    score: Mapped[float | None]
    model: Mapped[str] = mapped_column(String(64), default="")
    identity: Mapped[str] = mapped_column(String(16), default="guest")
    provider: Mapped[str] = mapped_column(String(64), default="")
    look: Mapped[int] = mapped_column(default=0)
    fragment: Mapped[str] = mapped_column(String(128), default="")
    source_url: Mapped[str] = mapped_column(String(2000), default="")
    written_at: Mapped[datetime | None]
    privacy_confirmed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]

    page: Mapped[Page] = relationship()
    author: Mapped[Author] = relationship()
    parent: Mapped["Comment | None"] = relationship(
        foreign_keys=parent_id, remote_side="Comment.id"
    )


class LinkedDomain(Base):
    """A registrable domain that a comment, or its author's website, links to."""

    __tablename__ = PREFIX + "linked_domains"
    __table_args__ = (Index(None, "site_id", "domain", "comment_id"),)

    comment_id: Mapped[int] = mapped_column(
        ForeignKey(Comment.id, ondelete="CASCADE"), primary_key=True
    )
    domain: Mapped[str] = mapped_column(String(255), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
