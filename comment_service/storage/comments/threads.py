"""A page's public thread, page by page, and the revision that follows every change.

Top-level comments are paged by a cursor in the chosen order. Replies are ordered by time: a reply
is newer than its parent, so the first replies of a root always form a complete tree, and the next
page only adds leaves.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from comment_service.storage.comments.ranking import best
from comment_service.storage.db import changes, prepared
from comment_service.storage.tables import PUBLISHED, Comment, Page
from comment_service.storage.tables.base import MAX_ID

SORTS = ("oldest", "newest", "best")
MOST = 1000
"""Remaining replies that are counted at most."""


class ShownRow(NamedTuple):
    """What is shown of a comment; times and truth values as the driver has them."""

    id: int
    author_id: int
    parent_id: int | None
    root_id: int | None
    depth: int
    status: str
    name: str
    url: str
    html: str
    by_moderator: Any
    by_owner: Any
    writer: Any
    like_count: int
    reply_count: int
    best: int
    provider: str
    fragment: str
    source_url: str
    written_at: Any
    created_at: Any
    edited_at: Any
    picture: str  # of the author


Kind = TypeVar("Kind", Comment, ShownRow)
"""A comment, or the row of one."""


@dataclass(frozen=True)
class ThreadPage(Generic[Kind]):
    """Part of a thread: root comments in order, and the replies of each by the root's id."""

    roots: Sequence[Kind]
    replies: Mapping[int, Sequence[Kind]]
    totals: Mapping[int, int]  # root id → number of public replies, loaded or not
    next_cursor: str  # "" on the last page


def load_page(
    session: Session, page: Page, *, sort: str, cursor: str, limit: int, replies: int
) -> ThreadPage[Comment]:
    """Return at most ``limit`` top-level comments after ``cursor``, each with ``replies`` replies.

    Two queries, whatever the size of the thread. The pinned comment comes before the first page,
    and nowhere else.
    """
    pinned = _pinned(session, page)
    place, last = read_cursor(cursor)
    values = {"page_id": page.id, "pinned_id": pinned.id if pinned is not None else 0}
    values |= {"place": place, "last": last} if cursor else {}
    query = _top_level(sort, continued=bool(cursor))
    found = list(session.scalars(query, {**values, "limit": limit + 1}))
    roots = found[:limit]
    following = cursor_after(sort, roots[-1]) if len(found) > limit else ""
    if pinned is not None and not cursor:
        roots = [pinned, *roots]
    found_replies = _replies(session, [root.id for root in roots], replies)
    return ThreadPage(roots, found_replies, {r.id: r.reply_count for r in roots}, following)


def _with_author(query: Select[Comment]) -> Select[Comment]:
    """Load the authors along with the comments, for their avatars."""
    return query.options(joinedload(Comment.author))


def _pinned(session: Session, page: Page) -> Comment | None:
    """Return a page's pinned comment if it is public."""
    found = session.get(Comment, page.pinned_id) if page.pinned_id is not None else None
    public = found is not None and found.status == PUBLISHED and found.page_id == page.id
    return found if public else None


def load_more_replies(
    session: Session, root: Comment, *, after: int, limit: int
) -> tuple[Sequence[Comment], int]:
    """Return the next replies below ``root`` with an id above ``after``, and how many remain.

    From the first reply on the rest is exact; later it is counted up to ``MOST``.
    """
    query = select(Comment).where(*_younger(root.id, after)).order_by(Comment.id).limit(limit)
    found = list(session.scalars(_with_author(query)))
    if not after:
        return found, max(root.reply_count - len(found), 0)
    return found, count_remaining(session, root.id, after=found[-1].id if found else after)


def count_remaining(session: Session, root_id: int, *, after: int) -> int:
    """Return how many public replies below a root have an id above ``after``, at most ``MOST``."""
    inner = select(Comment.id).where(*_younger(root_id, after)).limit(MOST).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0


def _younger(root_id: int, after: int) -> tuple[ColumnElement[bool], ...]:
    under = (Comment.root_id == root_id, Comment.id != Comment.root_id, Comment.shown.is_(True))
    return *under, Comment.id > after


def by_fragment(session: Session, page_id: int, fragment: str) -> Comment | None:
    """Return the comment of a page whose address at its source had this fragment."""
    query = select(Comment).where(Comment.page_id == page_id, Comment.fragment == fragment)
    return session.scalar(query.order_by(Comment.id).limit(1)) if fragment else None


def newest(
    session: Session, site_id: int, *, page: Page | None, parent: Comment | None, limit: int
) -> Sequence[Comment]:
    """Return the newest public comments of a site, of one page, or in reply to one comment."""
    where = [Comment.site_id == site_id] if page is None else [Comment.page_id == page.id]
    if parent is not None:
        where = [Comment.parent_id == parent.id]
    query = select(Comment).where(*where, Comment.status == PUBLISHED)
    query = _with_author(query).options(joinedload(Comment.page)).order_by(Comment.id.desc())
    return list(session.scalars(query.limit(limit)))


def descendants(session: Session, top: Comment, limit: int) -> Sequence[Comment]:
    """Return all comments below a comment, at any depth, oldest first."""
    under = select(Comment.id).where(Comment.parent_id == top.id).cte("under", recursive=True)
    under = under.union_all(select(Comment.id).join(under, Comment.parent_id == under.c.id))
    query = select(Comment).where(Comment.id.in_(select(under.c.id)), Comment.shown.is_(True))
    return list(session.scalars(_with_author(query).order_by(Comment.id).limit(limit)))


@cache
def _top_level(sort: str, *, continued: bool) -> Select[Comment]:
    return top_level(_with_author(select(Comment)), sort, continued=continued)


def top_level(query: Select[Any], sort: str, *, continued: bool) -> Select[Any]:
    """Select top-level comments in an order, from the start or after a cursor."""
    query = query.where(
        Comment.page_id == bindparam("page_id"),
        Comment.depth == 0,
        Comment.shown.is_(True),
        Comment.id != bindparam("pinned_id"),
    ).limit(bindparam("limit"))
    last: BindParameter[int] = bindparam("last")
    if sort == "newest":
        query = query.where(Comment.id < last) if continued else query
        return query.order_by(Comment.id.desc())
    if sort == "best":
        query = query.where(_worse_than(bindparam("place"), last)) if continued else query
        return query.order_by(Comment.best.desc(), Comment.id)
    query = query.where(Comment.id > last) if continued else query
    return query.order_by(Comment.id)


def _worse_than(place: BindParameter[int], last: BindParameter[int]) -> ColumnElement[bool]:
    """Select what follows (rank, id) in the order "best"."""
    equal = and_(Comment.best == place, Comment.id > last)
    return or_(Comment.best < place, equal)


def cursor_after(sort: str, last: Comment | ShownRow) -> str:
    """Return the cursor of what follows a top-level comment."""
    return f"{last.best}.{last.id}" if sort == "best" else str(last.id)


def read_cursor(cursor: str) -> tuple[int, int]:
    """Return (rank, id); an invalid cursor starts at the beginning."""
    place, _, last = cursor.rpartition(".")
    try:
        return _bounded(int(place or 0)), _bounded(int(last or 0))
    except ValueError:
        return 0, 0


def _bounded(number: int) -> int:
    return min(max(number, 0), MAX_ID)


def _replies(
    session: Session, root_ids: Sequence[int], limit: int
) -> Mapping[int, Sequence[Comment]]:
    """Return the first replies of each root.

    Reads ``limit`` replies of each, however many there are: the id of the last one bounds the rest.
    """
    if not root_ids or not limit:
        return {}
    found: dict[int, list[Comment]] = defaultdict(list)
    for reply in session.scalars(_first_replies(), {"roots": root_ids, "offset": limit - 1}):
        found[reply.root_id or 0].append(reply)
    return found


@cache
def _first_replies() -> Select[Comment]:
    return first_replies(_with_author(select(Comment)))


def first_replies(query: Select[Any]) -> Select[Any]:
    """Select the first replies of some roots, in the order of their ids."""
    root, other = aliased(Comment), aliased(Comment)
    bound = (
        select(other.id)
        .where(other.root_id == root.id, other.shown.is_(True), other.id != other.root_id)
        .order_by(other.id)
        .offset(bindparam("offset"))
        .limit(1)
        .correlate(root)
        .scalar_subquery()
    )
    return (
        query.join(root, root.id == Comment.root_id)
        .where(
            root.id.in_(bindparam("roots", expanding=True)),
            Comment.shown.is_(True),
            Comment.id != Comment.root_id,
            Comment.id <= func.coalesce(bound, MAX_ID),
        )
        .order_by(Comment.id)
    )


_NEXT_ID = {
    "sqlite": select(func.coalesce(func.max(Comment.id), 0) + 1),
    "postgresql": select(func.nextval(func.pg_get_serial_sequence(Comment.__tablename__, "id"))),
}
"""The id that the database would give to the next comment; a writer on SQLite is alone."""


def refer_to_itself(session: Session, comment: Comment) -> None:
    """Make a comment that is not stored yet the root of its thread, if it has none.

    Likewise the first of its campaign. It gets its id before it is stored: to change both columns
    afterwards would write the row and its entries in all indexes twice.
    """
    if comment.root_id is None or comment.campaign_id is None:
        comment.id = prepared.first(session, _NEXT_ID[session.get_bind().dialect.name])
        comment.root_id = comment.root_id or comment.id
        comment.campaign_id = comment.campaign_id or comment.id


def refresh_counts(session: Session, comment: Comment) -> None:
    """Update which comments have a public place after a change of a comment's status."""
    session.flush()
    node: Comment | None = comment
    while node is not None:
        shown = node.status == PUBLISHED or _has_shown_child(session, node.id)
        if node is not comment and shown == node.shown:
            break
        node.shown = shown
        session.flush()
        above = node.parent_id
        node = session.get(Comment, above, populate_existing=True) if above else None
    bump_revision(session, comment.page_id)


def _has_shown_child(session: Session, comment_id: int) -> bool:
    query = select(Comment.id).where(Comment.parent_id == comment_id, Comment.shown.is_(True))
    return session.scalar(query.limit(1)) is not None


_NEXT_REVISION = (
    update(Page)
    .where(Page.id == bindparam("page_id"))
    .values(revision=Page.revision + 1)
    .returning(Page.site_id, Page.revision, Page.comment_count, Page.like_count)
)


def bump_revision(session: Session, page_id: int) -> None:
    """Give a page a new revision."""
    found = prepared.rows(session, _NEXT_REVISION, page_id=page_id)
    if not found:
        return
    site_id, *counts = found[0]
    changes.collect_page(session, page_id, site_id)
    loaded = session.identity_map.get(session.identity_key(Page, page_id))
    if loaded is not None:  # triggers keep the counts
        for name, value in zip(("revision", "comment_count", "like_count"), counts, strict=True):
            set_committed_value(loaded, name, value)


def on_like_changed(session: Session, page_id: int, comment: Comment | None) -> None:
    """Update a liked comment's rank, if a comment was liked, and give the page a new revision."""
    session.flush()
    if comment is not None:
        session.refresh(comment, ["like_count"])
        comment.best = best(comment.like_count, comment.report_count)
    bump_revision(session, page_id)
