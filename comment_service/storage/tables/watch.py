"""Tables of notes, presence, flood protection and spot checks."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comment_service.storage.tables.authors import Author
from comment_service.storage.tables.base import PREFIX, Base, Id
from comment_service.storage.tables.comments import Comment
from comment_service.storage.tables.people import Moderator
from comment_service.storage.tables.sites import Page, Site


class AuthorNote(Base):
    """A moderator's note on an author, for other moderators."""

    __tablename__ = PREFIX + "author_notes"
    __table_args__ = (Index(None, "author_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id, ondelete="CASCADE"))
    moderator_id: Mapped[int] = mapped_column(ForeignKey(Moderator.id))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

    moderator: Mapped[Moderator] = relationship()


class Glance(Base):
    """A moderator who has a comment open, and when their browser last said so."""

    __tablename__ = PREFIX + "glances"
    __table_args__ = (Index(None, "seen_at"),)

    comment_id: Mapped[int] = mapped_column(
        ForeignKey(Comment.id, ondelete="CASCADE"), primary_key=True
    )
    moderator_id: Mapped[int] = mapped_column(
        ForeignKey(Moderator.id, ondelete="CASCADE"), primary_key=True
    )
    seen_at: Mapped[datetime]

    moderator: Mapped[Moderator] = relationship()


class Shield(Base):
    """Flood protection of a page, or of the whole site without a page: from when to when."""

    __tablename__ = PREFIX + "shields"
    __table_args__ = (Index(None, "site_id", "until"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    page_id: Mapped[int | None] = mapped_column(ForeignKey(Page.id, ondelete="CASCADE"))
    comments: Mapped[int]
    since: Mapped[datetime]
    began_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_by: Mapped[str] = mapped_column(String(200), default="")

    page: Mapped[Page | None] = relationship()


class SpotCheck(Base):
    """A week's random sample of comments that were published or marked as spam automatically."""

    __tablename__ = PREFIX + "spot_checks"
    __table_args__ = (UniqueConstraint("site_id", "week"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    week: Mapped[str] = mapped_column(String(8))
    published: Mapped[int]
    filed: Mapped[int]
    created_at: Mapped[datetime]


class SpotSample(Base):
    """One comment of a spot check, and its status then: published or spam.

    ``found`` is a moderator's judgement, "" until there is one.
    """

    __tablename__ = PREFIX + "spot_samples"
    __table_args__ = (Index(None, "comment_id"),)

    check_id: Mapped[int] = mapped_column(
        ForeignKey(SpotCheck.id, ondelete="CASCADE"), primary_key=True
    )
    comment_id: Mapped[int] = mapped_column(
        ForeignKey(Comment.id, ondelete="CASCADE"), primary_key=True
    )
    was: Mapped[str] = mapped_column(String(16))
    found: Mapped[str] = mapped_column(String(16), default="")
    found_at: Mapped[datetime | None]
