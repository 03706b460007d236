"""Old spam: comments that are spam since before a time, and that nothing happened to since."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comment_service.storage.moderation.spot_check import first_id_since
from comment_service.storage.tables import (
    SPAM,
    Comment,
    Decision,
    Import,
    ImportedComment,
    Verdict,
)


def untouched_since(session: Session, site_id: int, before: datetime, limit: int) -> Sequence[int]:
    """Return the oldest spam of a site that nothing happened to since a time, at most a limit.

    Sending, importing, editing and deciding count, so a comment that was marked as spam lately
    stays, however old it is. Only comments older than the first one since that time are read.
    """
    decided = select(Decision.id).where(
        Decision.comment_id == Comment.id, Decision.created_at >= before
    )
    judged = select(Verdict.id).where(
        Verdict.comment_id == Comment.id, Verdict.created_at >= before
    )
    imported = (
        select(ImportedComment.id)
        .join(Import, Import.id == ImportedComment.import_id)
        .where(
            ImportedComment.comment_id == Comment.id,
            func.coalesce(Import.finished_at, Import.created_at) >= before,
        )
    )
    query = select(Comment.id).where(
        Comment.site_id == site_id,
        Comment.status == SPAM,
        Comment.created_at < before,
        ~decided.exists(),
        ~judged.exists(),
        ~imported.exists(),
    )
    newer = first_id_since(session, site_id, before)
    if newer is not None:
        query = query.where(Comment.id < newer)
    return list(session.scalars(query.order_by(Comment.id).limit(limit)))
