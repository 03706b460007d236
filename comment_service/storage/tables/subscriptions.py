"""E-mail subscriptions of readers."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.authors import Author
from comment_service.storage.tables.base import PREFIX, Base, Id
from comment_service.storage.tables.sites import Page, Site


class Subscription(Base):
    """One address's subscription to a page, or to the replies to its author.

    ``kind`` is ``page`` or ``replies``, ``pace`` ``each`` or ``daily``. ``address`` is the e-mail
    in lower case, so that every spelling is one subscription; ``asks`` counts the confirmation
    mails. Nothing is sent before ``confirmed_at``, after ``ended_at``, or while ``muted_at`` is
    set. ``told_id`` is the newest comment that the address was notified of.
    """

    __tablename__ = PREFIX + "subscriptions"
    __table_args__ = (
        UniqueConstraint("page_id", "address", "kind"),
        Index(None, "address", "asked_at"),
        Index(None, "network", "asked_at"),
        Index(None, "pace", "ended_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"), index=True)
    page_id: Mapped[int] = mapped_column(ForeignKey(Page.id, ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey(Author.id, ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(String(320))
    address: Mapped[str] = mapped_column(String(320))
    kind: Mapped[str] = mapped_column(String(16))
    pace: Mapped[str] = mapped_column(String(16), default="each")
    lang: Mapped[str] = mapped_column(String(32), default="")
    network: Mapped[str] = mapped_column(String(32), default="")
    asks: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    muted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    told_id: Mapped[int | None] = mapped_column(Id)

    page: Mapped[Page] = relationship()
    author: Mapped[Author | None] = relationship()
