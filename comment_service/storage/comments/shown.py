"""A page's public thread as rows of what is shown: most of them were rendered before.

Rows are values: equal rows look the same, whatever happened to the comments in between.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from comment_service.storage.comments import threads
from comment_service.storage.comments.threads import ShownRow, ThreadPage
from comment_service.storage.db import prepared
from comment_service.storage.tables import PUBLISHED, Author, Comment, Page


@dataclass(frozen=True)
class ShownPage:
    """Part of a thread.

    Attributes:
        part: root comments and replies.
        names: parent id → name under which the parent is public, "" if it is not.
        read: returns the comment of a row; it belongs to no session.
    """

    part: ThreadPage[ShownRow]
    names: Mapping[int, str]
    read: Callable[[ShownRow], Comment]


_SHOWN = select(*(getattr(Comment, name) for name in ShownRow._fields[:-1]), Author.picture).join(
    Author, Author.id == Comment.author_id
)
_PINNED = _SHOWN.where(
    Comment.id == bindparam("comment_id"),
    Comment.page_id == bindparam("page_id"),
    Comment.status == PUBLISHED,
)
_NAME = select(Comment.name, Comment.status).where(Comment.id == bindparam("comment_id"))


def load_page(
    session: Session, page: Page, *, sort: str, cursor: str, limit: int, replies: int
) -> ShownPage:
    """Return the same part of a thread as ``threads.load_page`` does.

    Replies are asked for only if a comment has some.
    """
    place, last = threads.read_cursor(cursor)
    values = {"page_id": page.id, "pinned_id": 0, "limit": limit + 1}
    values |= {"place": place, "last": last} if cursor else {}
    pinned: Sequence[Any] = ()
    if page.pinned_id is not None:
        at = {"page_id": page.id, "comment_id": page.pinned_id}
        pinned, _read = prepared.unread_rows(session, _PINNED, **at)
        values["pinned_id"] = page.pinned_id if pinned else 0
    query = _top_level(sort, continued=bool(cursor))
    found, read = prepared.unread_rows(session, query, **values)
    roots = [ShownRow._make(row) for row in found[:limit]]
    following = threads.cursor_after(sort, roots[-1]) if len(found) > limit else ""
    if not cursor:
        roots = [*map(ShownRow._make, pinned), *roots]
    answers = _replies(session, [root.id for root in roots if root.reply_count], replies)
    part = ThreadPage(roots, answers, {root.id: root.reply_count for root in roots}, following)
    names = _parent_names(session, part)
    known = {row.id for some in answers.values() for row in some}

    def as_comment(row: ShownRow) -> Comment:
        return _comment(row if row.id in known else read(row), names, page)

    return ShownPage(part, names, as_comment)


@cache
def _top_level(sort: str, *, continued: bool) -> Select[Any]:
    return threads.top_level(_SHOWN, sort, continued=continued)


@cache
def _first_replies() -> Select[Any]:
    return threads.first_replies(_SHOWN)


def _replies(
    session: Session, root_ids: Sequence[int], limit: int
) -> Mapping[int, Sequence[ShownRow]]:
    """Return the first replies of each root, with values that are read already."""
    found: dict[int, list[ShownRow]] = defaultdict(list)
    if root_ids and limit:
        values = {"roots": root_ids, "offset": limit - 1}
        for row in session.connection().execute(_first_replies(), values):
            found[row.root_id].append(ShownRow._make(row))
    return found


def _parent_names(session: Session, part: ThreadPage[ShownRow]) -> Mapping[int, str]:
    rows = [*part.roots, *(row for some in part.replies.values() for row in some)]
    names = {row.id: row.name if row.status == PUBLISHED else "" for row in rows}
    for row in rows:
        if row.parent_id is not None and row.parent_id not in names:
            name, status = prepared.rows(session, _NAME, comment_id=row.parent_id)[0]
            names[row.parent_id] = name if status == PUBLISHED else ""
    return names


def _comment(row: Sequence[Any], names: Mapping[int, str], page: Page) -> Comment:
    """Return the comment of a row, with its page, its author and its parent's name."""
    values = dict(zip(ShownRow._fields, row, strict=True))
    picture, author_id, parent_id = values.pop("picture"), values["author_id"], values["parent_id"]
    values["author"] = prepared.detached(Author, {"id": author_id, "picture": picture})
    parent = {"name": names[parent_id], "status": PUBLISHED} if parent_id is not None else None
    values["parent"] = prepared.detached(Comment, parent) if parent is not None else None
    return prepared.detached(Comment, {**values, "page": page})
