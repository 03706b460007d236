"""What is known of an author, a network and a text before this submission."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from comment_service.storage.tables import PUBLISHED, Comment


def published_by(session: Session, author_id: int) -> int:
    """Return how many of the author's comments are public."""
    query = select(func.count()).where(Comment.author_id == author_id, Comment.status == PUBLISHED)
    return session.scalar(query) or 0


def same_text(session: Session, site_id: int, text_hash: str) -> Sequence[Comment]:
    """Return the newest comments of the site with the same folded text, at most 50."""
    query = select(Comment).where(Comment.site_id == site_id, Comment.text_hash == text_hash)
    return list(session.scalars(query.order_by(Comment.id.desc()).limit(50)))


def forget_networks(session: Session, before: datetime) -> int:
    """Erase the keyed hashes of addresses older than this; return how many."""
    query = update(Comment).where(Comment.created_at < before, Comment.network != "")
    rows = session.execute(query.values(network="").execution_options(synchronize_session=False))
    return int(rows.rowcount)  # type: ignore[attr-defined]


def rate(session: Session, network: str, now: datetime) -> tuple[int, int]:
    """Return the network's submissions in the last minute and the last hour."""
    of_minute = case((Comment.created_at > now - timedelta(minutes=1), 1))
    query = select(func.count(of_minute), func.count()).where(
        Comment.network == network, Comment.created_at > now - timedelta(hours=1)
    )
    minute, hour = session.execute(query).one()
    return minute, hour
