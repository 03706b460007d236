"""Table of threads elsewhere whose replies are shown under a page."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.base import PREFIX, Base, Id
from comment_service.storage.tables.sites import Page, Site


class SyndicatedThread(Base):
    """A post on Mastodon or Bluesky about a page of ours; its public replies become comments.

    ``key`` is the hash of ``url``; ``service`` is a constant of ``text/syndication.py``, ``host``
    the server that is asked, ``post_id`` the post's id there and ``published_at`` when it was
    written, once that is known. ``etag`` is that of the last answer, "" if the next one is read
    anyway. The thread is read from ``due_at``; None is not at all. Before ``wait_until`` its server
    does not want to be asked.
    ``attempts`` counts the readings since the last one that succeeded, ``error`` says why the last
    one did not. ``removal`` is "" or a constant of ``storage/pages/syndicated_threads.py``: the
    row of a removed thread stays, so that replies that were deleted here do not come back when it
    is added again.
    """

    __tablename__ = PREFIX + "syndicated_threads"
    __table_args__ = (
        UniqueConstraint("page_id", "key"),
        Index(None, "due_at"),
        Index(None, "host"),
        Index(None, "site_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    page_id: Mapped[int] = mapped_column(ForeignKey(Page.id, ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    service: Mapped[str] = mapped_column(String(16))
    url: Mapped[str] = mapped_column(String(2000))
    host: Mapped[str] = mapped_column(String(255))
    post_id: Mapped[str] = mapped_column(String(500), default="")
    published_at: Mapped[datetime | None]
    etag: Mapped[str] = mapped_column(String(255), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    removal: Mapped[str] = mapped_column(String(16), default="")
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    wait_until: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)

    page: Mapped[Page] = relationship()
