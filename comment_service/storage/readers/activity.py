"""An author's comments, likes, sessions, passkeys and avatar."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import aliased, joinedload

from comment_service.storage.db.paging import newest_page
from comment_service.storage.tables import (
    Comment,
    CommentLike,
    Identity,
    Page,
    PageLike,
    Passkey,
    Picture,
    Reaction,
    Session,
)

Like = CommentLike | PageLike | Reaction
LIKES: Mapping[str, type[CommentLike] | type[PageLike] | type[Reaction]] = {
    "comments": CommentLike,
    "pages": PageLike,
    "reactions": Reaction,
}
"""Kind of like or reaction → its table."""


def comments(
    db: Db, author_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[Comment], int | None]:
    """Return a page of an author's comments with their pages, newest first, and the next key."""
    query = select(Comment).where(Comment.author_id == author_id)
    query = query.options(joinedload(Comment.page), joinedload(Comment.author))
    return newest_page(db, query, Comment.id, before=before, limit=limit)


def likes(
    db: Db, author_id: int, kind: str, *, before: int | None, limit: int
) -> tuple[Sequence[tuple[Like, Comment | None, Page]], int | None]:
    """Return a page of an author's likes with their subjects, newest first, and the next key.

    ``kind`` is one of ``LIKES``; the comment is None for a like of a page.
    """
    if LIKES[kind] is PageLike:
        return _page_likes(db, author_id, before, limit)
    return _of_comments(db, LIKES[kind], author_id, before, limit)


Likes = tuple[Sequence[tuple[Like, Comment | None, Page]], int | None]


def _page_likes(db: Db, author_id: int, before: int | None, limit: int) -> Likes:
    query = select(PageLike).where(PageLike.author_id == author_id)
    found, following = newest_page(db, query, PageLike.id, before=before, limit=limit)
    of = select(Page).where(Page.id.in_([row.page_id for row in found]))
    pages = {page.id: page for page in db.scalars(of)}
    return [(row, None, pages[row.page_id]) for row in found], following


def _of_comments(db: Db, given: Any, author_id: int, before: int | None, limit: int) -> Likes:
    query = select(given).where(given.author_id == author_id)
    found, following = newest_page(db, query, given.id, before=before, limit=limit)
    of = select(Comment).where(Comment.id.in_([row.comment_id for row in found]))
    liked = {one.id: one for one in db.scalars(of.options(joinedload(Comment.page)))}
    return [(row, liked[row.comment_id], liked[row.comment_id].page) for row in found], following


def sessions(
    db: Db, author_id: int, now: datetime, *, before: int | None, limit: int
) -> tuple[Sequence[Session], int | None]:
    """Return a page of an author's sessions, newest first, and the next key.

    Of the tokens that came from one sign-in, only the newest valid one counts.
    """
    later = aliased(Session)
    newer = select(later.id).where(
        later.family == Session.family, later.id > Session.id, *_valid(later, now)
    )
    query = select(Session).where(
        Session.author_id == author_id,
        *_valid(Session, now),
        or_(Session.family == "", ~newer.exists()),
    )
    query = query.options(joinedload(Session.identity))
    return newest_page(db, query, Session.id, before=before, limit=limit)


def _valid(kind: Any, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Select valid tokens that no newer token has replaced."""
    return kind.revoked_at.is_(None), kind.replaced_at.is_(None), kind.expires_at > now


def end_sessions(db: Db, author_id: int, now: datetime) -> None:
    """End all sessions of an author."""
    ended = update(Session).where(Session.author_id == author_id, Session.revoked_at.is_(None))
    db.execute(ended.values(revoked_at=now).execution_options(synchronize_session=False))


def passkeys(db: Db, author_id: int) -> Sequence[Passkey]:
    """Return an author's passkeys."""
    query = select(Passkey).join(Identity, Identity.id == Passkey.identity_id)
    return list(db.scalars(query.where(Identity.author_id == author_id)))


def picture(db: Db, author_id: int) -> Picture | None:
    """Return an author's avatar."""
    return db.get(Picture, author_id)
