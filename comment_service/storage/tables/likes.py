"""Tables of likes, reactions and reports, one row each."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.authors import Author
from comment_service.storage.tables.base import PREFIX, Base, Id
from comment_service.storage.tables.comments import Comment
from comment_service.storage.tables.sites import Page


class CommentLike(Base):
    """An author's like of a comment; guests also count once per network.

    ``unseen`` is True for one that a shadow-banned author gave: it counts for the author alone.
    """

    __tablename__ = PREFIX + "comment_likes"
    __table_args__ = (
        UniqueConstraint("comment_id", "author_id"),
        UniqueConstraint("comment_id", "guest_network"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey(Comment.id, ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id, ondelete="CASCADE"), index=True)
    guest_network: Mapped[str | None] = mapped_column(String(32))
    unseen: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    author: Mapped[Author] = relationship()


class PageLike(Base):
    """An author's like of a page; guests also count once per network.

    ``unseen`` is as in ``CommentLike``.
    """

    __tablename__ = PREFIX + "page_likes"
    __table_args__ = (
        UniqueConstraint("page_id", "author_id"),
        UniqueConstraint("page_id", "guest_network"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey(Page.id, ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id, ondelete="CASCADE"), index=True)
    guest_network: Mapped[str | None] = mapped_column(String(32))
    unseen: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    author: Mapped[Author] = relationship()


class Reaction(Base):
    """An author's emoji on a comment; guests also count once per network.

    ``unseen`` is as in ``CommentLike``.
    """

    __tablename__ = PREFIX + "reactions"
    __table_args__ = (
        UniqueConstraint("comment_id", "author_id", "emoji"),
        UniqueConstraint("comment_id", "guest_network", "emoji"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey(Comment.id, ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id, ondelete="CASCADE"), index=True)
    emoji: Mapped[str] = mapped_column(String(16))
    guest_network: Mapped[str | None] = mapped_column(String(32))
    unseen: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Report(Base):
    """A reader's report of a comment; one per network and comment.

    ``kind`` is spam, abuse, offtopic, private, illegal or other; ``reason`` is the reader's own
    text. ``weight`` is how much it counts towards hiding the comment, ``upheld`` the outcome.
    """

    __tablename__ = PREFIX + "reports"
    __table_args__ = (
        UniqueConstraint("comment_id", "network"),
        Index(None, "network", "created_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey(Comment.id, ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey(Author.id, ondelete="SET NULL"), index=True
    )
    network: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16), default="other")
    reason: Mapped[str] = mapped_column(Text, default="")
    weight: Mapped[float] = mapped_column(default=1.0)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    upheld: Mapped[bool | None]

    author: Mapped[Author | None] = relationship()
