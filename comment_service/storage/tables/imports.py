"""Tables of imports, and of where imported comments and pages came from."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from comment_service.storage.tables.base import PREFIX, Base, Id, Json
from comment_service.storage.tables.comments import Comment
from comment_service.storage.tables.sites import Page, Site


class Import(Base):
    """An import of another system's export into a site: its audit entry, progress and result.

    ``state`` is a constant of ``storage/transfer/imports.py``. ``source`` is the namespace of the
    source's ids; ``stored`` names an uploaded file in the data folder, "" if there is none.
    ``done`` of ``total`` comments were looked at. ``plan`` is the dry run, ``result`` the proof.
    """

    __tablename__ = PREFIX + "imports"
    __table_args__ = (Index(None, "site_id", "id"), Index(None, "state"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    format: Mapped[str] = mapped_column(String(32), default="")
    source: Mapped[str] = mapped_column(String(128), default="")
    file_name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64), default="")
    stored: Mapped[str] = mapped_column(String(64), default="")
    options: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state: Mapped[str] = mapped_column(String(16))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    plan: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    error: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(200), default="")
    undone_at: Mapped[datetime | None]


class ImportedComment(Base):
    """Where an imported comment came from.

    The row stays when the comment is deleted, so that another import does not bring it back.
    ``digest`` tells two comments with one id apart; ``likes`` were given there by readers who are
    not known here.
    """

    __tablename__ = PREFIX + "imported_comments"
    __table_args__ = (
        UniqueConstraint("site_id", "source", "source_id"),
        Index(None, "import_id", "comment_id"),
        Index(None, "comment_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey(Import.id, ondelete="CASCADE"))
    site_id: Mapped[int] = mapped_column(ForeignKey(Site.id, ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(128))
    source_id: Mapped[str] = mapped_column(String(255))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey(Comment.id, ondelete="SET NULL"))
    digest: Mapped[str] = mapped_column(String(32))
    likes: Mapped[int] = mapped_column(default=0)


class ImportedPage(Base):
    """What an import did to a page: created it, closed its thread."""

    __tablename__ = PREFIX + "imported_pages"
    __table_args__ = (UniqueConstraint("import_id", "page_id"), Index(None, "page_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey(Import.id, ondelete="CASCADE"))
    page_id: Mapped[int] = mapped_column(ForeignKey(Page.id, ondelete="CASCADE"))
    created: Mapped[bool] = mapped_column(default=False)
    closed: Mapped[bool] = mapped_column(default=False)
