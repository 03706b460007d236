"""Move the rows of a thread, or of a part of it, to another page."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from comment_service.storage.readers.subscriptions import REPLIES
from comment_service.storage.tables import Comment, PageAlias, PageLike, Shield, Subscription

_kept = aliased(PageLike)


def select_duplicate_likes(from_id: int, to_id: int) -> tuple[ColumnElement[bool], ...]:
    """Select a page's likes whose author, or guest's network, also likes the other page."""
    same = or_(_kept.author_id == PageLike.author_id, _kept.guest_network == PageLike.guest_network)
    return PageLike.page_id == from_id, exists().where(_kept.page_id == to_id, same)


def count_likes(session: Session, from_id: int, to_id: int) -> tuple[int, int]:
    """Return the number of a page's likes, and how many of them the other page has already."""
    counted = select(func.count()).select_from(PageLike).where(~PageLike.unseen)
    every = counted.where(PageLike.page_id == from_id)
    twice = counted.where(*select_duplicate_likes(from_id, to_id))
    return session.scalar(every) or 0, session.scalar(twice) or 0


def move_likes(session: Session, from_id: int, to_id: int) -> None:
    """Move a page's likes; an author who likes both pages keeps one like."""
    gone = delete(PageLike).where(*select_duplicate_likes(from_id, to_id))
    session.execute(gone.execution_options(synchronize_session=False))
    moved = update(PageLike).where(PageLike.page_id == from_id).values(page_id=to_id)
    session.execute(moved.execution_options(synchronize_session=False))


def move_comments(
    session: Session, from_id: int, to_id: int, roots: Sequence[int] | None = None
) -> int:
    """Move a page's comments of every status; return how many.

    ``roots`` are the top-level comments to move with their replies; None moves all.
    """
    which = [Comment.page_id == from_id]
    if roots is not None:
        which.append(or_(Comment.id.in_(roots), Comment.root_id.in_(roots)))
    moved = update(Comment).where(*which).values(page_id=to_id)
    done = session.execute(moved.execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]


def move_aliases_and_floods(session: Session, from_id: int, to_id: int) -> None:
    """Move a page's aliases and flood entries."""
    for table in (PageAlias, Shield):
        moved = update(table).where(table.page_id == from_id).values(page_id=to_id)
        session.execute(moved.execution_options(synchronize_session=False))


def count_subscriptions(session: Session, from_id: int, to_id: int) -> tuple[int, int]:
    """Return the number of a page's subscriptions, and how many of them the other page has too."""
    every = select(func.count()).where(Subscription.page_id == from_id)
    return session.scalar(every) or 0, len(_pairs(session, from_id, to_id))


def move_subscriptions(session: Session, from_id: int, to_id: int) -> None:
    """Move a page's subscriptions; if an address has one on both pages, the newer one stays.

    A confirmed subscription wins over an unconfirmed one.
    """
    for mine, other in _pairs(session, from_id, to_id):
        session.delete(other if _said(mine) > _said(other) else mine)
    session.flush()
    moved = update(Subscription).where(Subscription.page_id == from_id).values(page_id=to_id)
    session.execute(moved.execution_options(synchronize_session=False))


def move_reply_subscriptions(session: Session, from_id: int, to_id: int) -> None:
    """Move reply subscriptions of addresses whose comments are now only on the other page."""
    here = exists().where(Comment.page_id == from_id, Comment.author_id == Subscription.author_id)
    there = exists().where(Comment.page_id == to_id, Comment.author_id == Subscription.author_id)
    has = aliased(Subscription)
    known = exists().where(
        has.page_id == to_id, has.address == Subscription.address, has.kind == REPLIES
    )
    which = (Subscription.page_id == from_id, Subscription.kind == REPLIES, ~here, there, ~known)
    moved = update(Subscription).where(*which).values(page_id=to_id)
    session.execute(moved.execution_options(synchronize_session=False))


def _pairs(
    session: Session, from_id: int, to_id: int
) -> Sequence[tuple[Subscription, Subscription]]:
    """Return the subscriptions of one address on both pages, as pairs."""
    other = aliased(Subscription)
    same = and_(other.address == Subscription.address, other.kind == Subscription.kind)
    query = select(Subscription, other).join(other, and_(other.page_id == to_id, same))
    found = session.execute(query.where(Subscription.page_id == from_id))
    return [(mine, theirs) for mine, theirs in found]


def _said(row: Subscription) -> tuple[bool, datetime]:
    moments = (row.asked_at, row.confirmed_at, row.muted_at, row.ended_at)
    return row.confirmed_at is not None, max(one for one in moments if one is not None)
