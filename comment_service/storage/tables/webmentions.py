"""Tables of Webmentions, received and sent, and of the replies of syndicated threads."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.authors import Author
from comment_service.storage.tables.base import PREFIX, Base, Id
from comment_service.storage.tables.comments import Comment
from comment_service.storage.tables.sites import Site
from comment_service.storage.tables.syndicated_threads import SyndicatedThread


class Webmention(Base):
    """A page elsewhere (``source``) that says it links to one of ours (``target``).

    With ``thread_id`` it is a reply of a syndicated thread: ``remote_id`` is its id there, and
    ``digest`` the hash of what it said when it was last looked at. It has no target.

    ``key`` is the hash of both and stays when the addresses are erased, so that what was deleted
    here does not come back; ``target_key`` is that of the target alone. ``state`` is a constant of
    ``storage/comments/webmentions.py``, ``kind`` one of ``text/microformats.py``. A reply or a
    mention has become a comment; a like or a repost is the page's like of ``author_id``.
    ``network`` is the keyed hash of the sender's network, until the source is checked. The source
    is to be checked from ``due_at``; None is not at all.
    """

    __tablename__ = PREFIX + "webmentions"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        Index(None, "site_id", "target_key", "host"),
        Index(None, "due_at"),
        Index(None, "state", "checked_at"),
        Index(None, "comment_id"),
        Index(None, "author_id"),
        Index(None, "thread_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    target_key: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(2000))
    target: Mapped[str] = mapped_column(String(2000))
    host: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16), default="")
    state: Mapped[str] = mapped_column(String(16))
    error: Mapped[str] = mapped_column(Text, default="")
    comment_id: Mapped[int | None] = mapped_column(ForeignKey(Comment.id, ondelete="SET NULL"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Author.id, ondelete="SET NULL"))
    thread_id: Mapped[int | None] = mapped_column(
        ForeignKey(SyndicatedThread.id, ondelete="CASCADE")
    )
    remote_id: Mapped[str] = mapped_column(String(500), default="")
    digest: Mapped[str] = mapped_column(String(64), default="")
    network: Mapped[str] = mapped_column(String(32), default="")
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)


class WebmentionPage(Base):
    """A page of ours whose links are told of it; ``key`` is the hash of its address.

    The page is fetched from ``due_at``; None is not at all. ``error`` is why the last time failed.
    """

    __tablename__ = PREFIX + "webmention_pages"
    __table_args__ = (UniqueConstraint("site_id", "key"), Index(None, "due_at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(2000))
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)


class SentWebmention(Base):
    """A link of a page of ours, and what its site answered when it was last told of it.

    ``endpoint`` is "" if the site takes no Webmentions; ``status`` is the HTTP status of its
    answer, 0 for none. ``linked`` is False once the page no longer has the link.
    """

    __tablename__ = PREFIX + "sent_webmentions"
    __table_args__ = (UniqueConstraint("page_id", "key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey(WebmentionPage.id, ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(2000))
    endpoint: Mapped[str] = mapped_column(String(2000), default="")
    linked: Mapped[bool] = mapped_column(default=True)
    status: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime]

    page: Mapped[WebmentionPage] = relationship()
