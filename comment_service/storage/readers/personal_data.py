"""All stored personal data of one author, row by row.

Left out are hashes (of tokens, networks and texts), keys, the model's scores of a text, and notes
that moderators wrote for each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import joinedload

from comment_service.storage.tables import (
    Author,
    AuthorChange,
    Comment,
    CommentLike,
    Identity,
    Page,
    PageLike,
    Reaction,
    Report,
    Revision,
    Session,
    Subscription,
)

AT_ONCE = 200
"""Rows in memory at a time."""

Plain = Mapping[str, Any]

_FIELDS: Mapping[str, tuple[type[Any], Sequence[str]]] = {
    "identities": (
        Identity,
        ("provider", "issuer", "subject", "name", "email", "picture_url", "created_at", "used_at"),
    ),
    "sessions": (
        Session,
        ("browser", "created_at", "seen_at", "expires_at", "revoked_at"),
    ),
    "comment_likes": (CommentLike, ("comment_id", "created_at")),
    "page_likes": (PageLike, ("page_id", "created_at")),
    "reactions": (Reaction, ("comment_id", "emoji", "created_at")),
    "reports": (Report, ("comment_id", "kind", "reason", "created_at", "settled_at")),
    "subscriptions": (
        Subscription,
        ("page_id", "email", "kind", "pace", "lang", "asked_at", "confirmed_at", "muted_at",
         "ended_at", "sent_at"),
    ),
    "changes": (AuthorChange, ("change", "about", "actor", "created_at")),
}  # fmt: skip
SECTIONS = ("comments", *_FIELDS)
"""Sections of the export after the author, in order."""

_OF_COMMENT = (
    "name", "email", "url", "source_url", "text", "parent_id", "like_count", "written_at",
    "created_at", "edited_at", "privacy_confirmed",
)  # fmt: skip
_OF_AUTHOR = ("name", "email", "url", "proven_email", "created_at")


def author(row: Author) -> Plain:
    """Return the author."""
    return _plain(row, _OF_AUTHOR)


def section(db: Db, author_id: int, name: str) -> Iterator[Any]:
    """Yield the rows of a section, oldest first; ``comments`` come with their pages."""
    if name == "comments":
        query = (Comment.author_id == author_id,)
        yield from _rows(db, Comment, query)
        return
    table, fields = _FIELDS[name]
    for row in _rows(db, table, (table.author_id == author_id,)):
        found = dict(_plain(row, fields))
        if "page_id" in found:
            found["page"] = db.get_one(Page, found.pop("page_id")).url
        yield found


def comment(db: Db, row: Comment, status: str) -> Plain:
    """Return a comment with its earlier texts; ``status`` is what its author may know."""
    before = (
        {"text": old.text, "created_at": _text(old.created_at)}
        for old in _rows(db, Revision, (Revision.comment_id == row.id,))
    )
    told = {"id": row.id, "page": row.page.url, "status": status, **_plain(row, _OF_COMMENT)}
    told["like_count"] += _own_unseen_likes(db, row) if row.author.shadowed else 0
    return {**told, "earlier": list(before)}


def _own_unseen_likes(db: Db, row: Comment) -> int:
    """Return 1 if a shadow-banned author likes their own comment, which nobody else sees."""
    query = select(func.count()).where(
        CommentLike.comment_id == row.id, CommentLike.author_id == row.author_id, CommentLike.unseen
    )
    return db.scalar(query) or 0


def _rows(db: Db, table: type[Any], which: Sequence[ColumnElement[bool]]) -> Iterator[Any]:
    """Yield rows oldest first, a batch at a time."""
    last = 0
    while True:
        query = select(table).where(*which, table.id > last).order_by(table.id).limit(AT_ONCE)
        if table is Comment:
            query = query.options(joinedload(Comment.page), joinedload(Comment.author))
        found = list(db.scalars(query))
        yield from found
        if len(found) < AT_ONCE:
            return
        last = found[-1].id


def _plain(row: Any, fields: Sequence[str]) -> Plain:
    return {name: _text(getattr(row, name)) for name in fields}


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
