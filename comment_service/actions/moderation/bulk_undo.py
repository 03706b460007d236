"""Take back by cause: everything that one moderator decided on a site since a day, as one batch.

What a model or a rule did is taken back by a decision over what nobody decided about (the filter's
``undecided``); what a person did, decision by decision, the newest first.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from comment_service.actions.moderation import decide
from comment_service.errors import CommentGone, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.db import locks
from comment_service.storage.moderation import comment_history


def number(session: Session, *, site_id: int, by: int, since: datetime) -> int:
    """Return how many decisions of a moderator on a site would be taken back."""
    query = select(func.count()).select_from(t.Decision).join(t.Comment)
    return session.scalar(query.where(*_of(site_id, by, since))) or 0


def begin(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    site_id: int,
    by: int,
    since: datetime,
    expected: int,
) -> t.Batch:
    """Write the audit line of taking back what a moderator decided on a site since then.

    ``expected`` is how many decisions that are.

    Raises:
        CommentGone: the one who asks does not own this site.
    """
    if not rights.of(session, moderator_id).owns(site_id):
        raise CommentGone(rights.NOBODYS)
    newest = select(func.max(t.Decision.id)).where(t.Decision.moderator_id == by)
    return comment_history.begin_batch(
        session,
        moderator_id=moderator_id,
        decision=decide.UNDO,
        query={"site": site_id, "decisions_of": by, "since": since.isoformat()},
        expected=expected,
        newest_id=session.scalar(newest) or 0,
        now=runtime.now(),
    )


def stretch(
    *, session: Session, runtime: Runtime, moderator_id: int, batch: t.Batch, limit: int
) -> Sequence[int]:
    """Take the next decisions back, the newest first; return their ids.

    What somebody decided anew since stays as it is.
    """
    since = datetime.fromisoformat(batch.query["since"])
    query = select(t.Decision.id, t.Decision.comment_id).join(t.Comment)
    query = query.where(
        *_of(batch.query["site"], batch.query["decisions_of"], since),
        t.Decision.id <= batch.newest_id,
        t.Decision.id < batch.reached_id,
    )
    rows = session.execute(query.order_by(t.Decision.id.desc()).limit(limit)).all()
    locks.pages_of(session, [comment_id for _, comment_id in rows])
    ids = [key for key, _ in rows]
    for key in ids:
        try:
            decide.undo(
                session=session,
                runtime=runtime,
                moderator_id=moderator_id,
                decision_id=key,
                batch_id=batch.id,
            )
        except (CommentGone, NothingToUndo):  # erased, or followed by somebody else's decision
            continue
        batch.decided += 1
    return ids


def _of(site_id: int, by: int, since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Select what a moderator decided on a site since then and can be taken back."""
    return (
        t.Decision.moderator_id == by,
        t.Decision.created_at >= since,
        t.Decision.to_status != t.DELETED,
        t.Comment.site_id == site_id,
        *in_effect(),
    )
