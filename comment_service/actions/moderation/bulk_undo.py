"""Bulk undo of everything that one moderator decided on a site since a day, as one bulk action.

The results of a model or a rule are changed by a normal bulk action over undecided comments (the
filter's ``undecided``); a person's decisions are undone one by one, newest first.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from comment_service.actions.moderation import decide
from comment_service.errors import CommentNotFound, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.db import locks
from comment_service.storage.moderation import comment_history


def count(session: Session, *, site_id: int, by: int, since: datetime, newest_id: int) -> int:
    """Return how many decisions of a moderator on a site, up to an id, would be undone."""
    query = select(func.count()).select_from(t.Decision).join(t.Comment)
    query = query.where(*_undoable(site_id, by, since), t.Decision.id <= newest_id)
    return session.scalar(query) or 0


def newest_id(session: Session, by: int) -> int:
    """Return the id of a moderator's newest decision, 0 if there is none."""
    query = select(func.max(t.Decision.id)).where(t.Decision.moderator_id == by)
    return session.scalar(query) or 0


def begin(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    site_id: int,
    by: int,
    since: datetime,
    expected: int,
    newest_id: int,
) -> t.Batch:
    """Create the bulk undo of a moderator's decisions on a site since a time.

    Args:
        session: of a transaction.
        runtime: the app's state.
        moderator_id: who undoes.
        site_id: the site.
        by: whose decisions are undone.
        since: the time of the oldest decision to undo.
        expected: the number of these decisions.
        newest_id: later decisions than this one are not undone.

    Raises:
        CommentNotFound: ``moderator_id`` does not own this site.
    """
    if not rights.rights_of(session, moderator_id).owns(site_id):
        raise CommentNotFound(rights.NOBODYS)
    return comment_history.begin_batch(
        session,
        moderator_id=moderator_id,
        decision=decide.UNDO,
        query={"site": site_id, "decisions_of": by, "since": since.isoformat()},
        expected=expected,
        newest_id=newest_id,
        now=runtime.now(),
    )


def undo_next(
    *, session: Session, runtime: Runtime, moderator_id: int, batch: t.Batch, limit: int
) -> Sequence[int]:
    """Undo the next decisions, newest first; return their ids.

    Comments that were decided again since then stay as they are.
    """
    since = datetime.fromisoformat(batch.query["since"])
    query = select(t.Decision.id, t.Decision.comment_id).join(t.Comment)
    query = query.where(
        *_undoable(batch.query["site"], batch.query["decisions_of"], since),
        t.Decision.id <= batch.newest_id,
        t.Decision.id < batch.reached_id,
    )
    rows = session.execute(query.order_by(t.Decision.id.desc()).limit(limit)).all()
    locks.lock_pages_of(session, [comment_id for _, comment_id in rows])
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
        except (
            CommentNotFound,
            NothingToUndo,
        ):  # deleted, or followed by another moderator's decision
            continue
        batch.decided += 1
    return ids


def _undoable(site_id: int, by: int, since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that select a moderator's undoable decisions on a site since a time."""
    return (
        t.Decision.moderator_id == by,
        t.Decision.created_at >= since,
        t.Decision.to_status != t.DELETED,
        t.Comment.site_id == site_id,
        *in_effect(),
    )
