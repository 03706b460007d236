"""Earlier comments by the same author, from the same network, or with the same text."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from comment_service.storage.tables import PUBLISHED, Comment, Revision

_HOUR = timedelta(hours=1)
_EDITABLE = timedelta(hours=25)
"""Authors can edit only newer comments, so older ones were not edited within the last hour."""


def published_by(session: Session, author_id: int) -> int:
    """Return the number of an author's published comments."""
    query = select(func.count()).where(Comment.author_id == author_id, Comment.status == PUBLISHED)
    return session.scalar(query) or 0


def same_text(session: Session, site_id: int, text_hash: str) -> Sequence[Comment]:
    """Return the site's newest comments with the same folded text, at most 50."""
    query = select(Comment).where(Comment.site_id == site_id, Comment.text_hash == text_hash)
    return list(session.scalars(query.order_by(Comment.id.desc()).limit(50)))


def forget_networks(session: Session, before: datetime) -> int:
    """Erase keyed hashes of client addresses older than a time; return how many."""
    query = update(Comment).where(Comment.created_at < before, Comment.network != "")
    rows = session.execute(query.values(network="").execution_options(synchronize_session=False))
    return int(rows.rowcount)  # type: ignore[attr-defined]


def rate(
    session: Session, network: str, now: datetime, comment_id: int | None = None
) -> tuple[int, int]:
    """Return how many comments and edits a network sent in the last minute and the last hour.

    ``comment_id`` is a comment about to be edited; its edits count whatever network they came from.
    """
    sent = _sent_within(Comment.created_at, now)
    minute, hour = session.execute(
        sent.where(Comment.network == network, Comment.created_at > now - _HOUR)
    ).one()
    by_author = Revision.moderator_id.is_(None), Revision.created_at > now - _HOUR
    theirs = and_(Comment.network == network, Comment.created_at > now - _EDITABLE)
    changed = _sent_within(Revision.created_at, now).join(
        Comment, Comment.id == Revision.comment_id
    )
    again = session.execute(changed.where(*by_author, or_(theirs, Comment.id == comment_id))).one()
    return minute + again[0], hour + again[1]


def _sent_within(moment: InstrumentedAttribute[datetime], now: datetime) -> Select[int, int]:
    """Return the number of rows of the last minute, and of all rows."""
    return select(func.count(case((moment > now - timedelta(minutes=1), 1))), func.count(moment))
