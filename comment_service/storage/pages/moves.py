"""What goes along when a thread, or a part of it, moves to another page: rows, set by set."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from comment_service.storage.readers.subscriptions import REPLIES
from comment_service.storage.tables import Comment, PageAlias, PageLike, Shield, Subscription

_kept = aliased(PageLike)


def likes_twice(from_id: int, to_id: int) -> tuple[object, ...]:
    """Select the likes of a page whose author, or guest's network, likes the other page too."""
    same = or_(_kept.author_id == PageLike.author_id, _kept.guest_network == PageLike.guest_network)
    return PageLike.page_id == from_id, exists().where(_kept.page_id == to_id, same)


def count_likes(session: Session, from_id: int, to_id: int) -> tuple[int, int]:
    """Return how many likes a page has, and how many of them the other one has already."""
    every = select(func.count()).select_from(PageLike).where(PageLike.page_id == from_id)
    twice = select(func.count()).select_from(PageLike).where(*likes_twice(from_id, to_id))  # type: ignore[arg-type]
    return session.scalar(every) or 0, session.scalar(twice) or 0


def likes(session: Session, from_id: int, to_id: int) -> None:
    """Move a page's likes; of an author who likes both, one stays."""
    gone = delete(PageLike).where(*likes_twice(from_id, to_id))  # type: ignore[arg-type]
    session.execute(gone.execution_options(synchronize_session=False))
    moved = update(PageLike).where(PageLike.page_id == from_id).values(page_id=to_id)
    session.execute(moved.execution_options(synchronize_session=False))


def comments(session: Session, from_id: int, to_id: int, roots: Sequence[int] | None = None) -> int:
    """Move a page's comments, of every status; return how many.

    ``roots`` are the top-level comments that go, with all below them; None stands for all.
    """
    which = [Comment.page_id == from_id]
    if roots is not None:
        which.append(or_(Comment.id.in_(roots), Comment.root_id.in_(roots)))
    moved = update(Comment).where(*which).values(page_id=to_id)
    done = session.execute(moved.execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]


def beside(session: Session, from_id: int, to_id: int) -> None:
    """Move what is kept of a page beside its comments: other addresses, floods."""
    for table in (PageAlias, Shield):
        moved = update(table).where(table.page_id == from_id).values(page_id=to_id)
        session.execute(moved.execution_options(synchronize_session=False))


def count_subscriptions(session: Session, from_id: int, to_id: int) -> tuple[int, int]:
    """Return how many subscriptions a page has, and how many of them the other one has too."""
    every = select(func.count()).where(Subscription.page_id == from_id)
    return session.scalar(every) or 0, len(_pairs(session, from_id, to_id))


def subscriptions(session: Session, from_id: int, to_id: int) -> None:
    """Move a page's subscriptions; of one wish on both pages, the one said later stays.

    What its address confirmed counts before what nobody confirmed.
    """
    for mine, other in _pairs(session, from_id, to_id):
        session.delete(other if _said(mine) > _said(other) else mine)
    session.flush()
    moved = update(Subscription).where(Subscription.page_id == from_id).values(page_id=to_id)
    session.execute(moved.execution_options(synchronize_session=False))


def replies_wanted(session: Session, from_id: int, to_id: int) -> None:
    """Move the wishes for replies of those who have comments on the other page alone now."""
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
    """Return what one address wishes for on both pages, side by side."""
    other = aliased(Subscription)
    same = and_(other.address == Subscription.address, other.kind == Subscription.kind)
    query = select(Subscription, other).join(other, and_(other.page_id == to_id, same))
    found = session.execute(query.where(Subscription.page_id == from_id))
    return [(mine, theirs) for mine, theirs in found]


def _said(row: Subscription) -> tuple[bool, datetime]:
    moments = (row.asked_at, row.confirmed_at, row.muted_at, row.ended_at)
    return row.confirmed_at is not None, max(one for one in moments if one is not None)
