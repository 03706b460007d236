"""What became of a comment: decisions, earlier texts, and the domains that it leads to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.db import paging
from comment_service.storage.tables import (
    DELETED,
    Batch,
    Comment,
    Decision,
    LinkedDomain,
    Moderator,
    Revision,
)
from comment_service.storage.tables.base import MAX_ID

MOST = 50


def decisions(session: Session, comment_id: int) -> Sequence[Decision]:
    """Return the newest decisions about a comment, newest first."""
    query = select(Decision).where(Decision.comment_id == comment_id)
    query = query.options(joinedload(Decision.moderator)).order_by(Decision.id.desc())
    return list(session.scalars(query.limit(MOST)))


def deciders(session: Session, site_id: int) -> Sequence[Moderator]:
    """Return everybody who ever decided on a site, whether they still do or not."""
    decided = select(Decision.id).join(Comment, Comment.id == Decision.comment_id)
    decided = decided.where(Decision.moderator_id == Moderator.id, Comment.site_id == site_id)
    query = select(Moderator).where(decided.exists()).order_by(Moderator.name, Moderator.id)
    return list(session.scalars(query))


def last_by(session: Session, moderator_id: int) -> int | None:
    """Return the newest decision of a moderator that stands, was one by one and can be undone."""
    query = select(Decision.id).where(
        Decision.moderator_id == moderator_id,
        Decision.batch_id.is_(None),
        Decision.to_status != DELETED,
        *in_effect(),
    )
    return session.scalar(query.order_by(Decision.id.desc()).limit(1))


def begin_batch(
    session: Session,
    *,
    moderator_id: int,
    decision: str,
    query: Mapping[str, Any],
    expected: int,
    newest_id: int,
    now: datetime,
) -> Batch:
    """Write the audit line of a decision about many, of which nothing is done yet.

    ``query`` says which, ``expected`` how many; nothing younger than ``newest_id`` is touched.
    """
    batch = Batch(moderator_id=moderator_id, decision=decision, query=dict(query))
    batch.expected, batch.newest_id, batch.reached_id = expected, newest_id, MAX_ID
    batch.decided = batch.undone = 0
    batch.created_at = now
    session.add(batch)
    session.flush()
    return batch


def batches(
    session: Session, *, before: int | None, limit: int
) -> tuple[Sequence[Batch], int | None]:
    """Return decisions about many, newest first, and below which id the next ones begin."""
    return paging.newest(session, select(Batch), Batch.id, before=before, limit=limit)


def revisions(session: Session, comment_id: int) -> Sequence[Revision]:
    """Return what a comment said before, newest first, with who changed it."""
    query = select(Revision).where(Revision.comment_id == comment_id)
    query = query.options(joinedload(Revision.moderator))
    return list(session.scalars(query.order_by(Revision.id.desc()).limit(MOST)))


def domains(session: Session, comment_id: int) -> Sequence[str]:
    """Return the registrable domains that a comment leads to."""
    query = select(LinkedDomain.domain).where(LinkedDomain.comment_id == comment_id)
    return list(session.scalars(query.order_by(LinkedDomain.domain).limit(MOST)))
