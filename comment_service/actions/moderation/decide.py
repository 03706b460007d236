"""A moderator decides about a comment, or undoes a decision. Every decision adds a label."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import resolve_author
from comment_service.actions.comments.on_published import on_published
from comment_service.actions.comments.submit import announce_held_or_filed
from comment_service.actions.moderation import label
from comment_service.actions.moderation.conflict import require_unchanged
from comment_service.errors import CommentNotFound, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import reports, threads
from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce
from comment_service.storage.moderation import spot_check

OUTCOMES = {"approve": t.PUBLISHED, "spam": t.SPAM, "reject": t.REJECTED, "hold": t.PENDING}
"""Decision → the status that it sets."""

UNDO = "undo"


@dataclass(frozen=True)
class DecisionResult:
    """The id of the stored decision, and the comment's status before and after."""

    decision_id: int
    comment_id: int
    from_status: str
    to_status: str


def decide(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    comment_id: int,
    decision: str,
    note: str = "",
    batch_id: int | None = None,
    expected: str = "",
) -> DecisionResult:
    """Set a comment's status, and store the decision and its label.

    Args:
        session: of a transaction.
        runtime: the app's state.
        moderator_id: who decides.
        comment_id: of the comment.
        decision: a key of ``OUTCOMES``.
        note: the reason, for other moderators.
        batch_id: the bulk action that the decision belongs to.
        expected: the state token of the shown comment (``conflict.shown_as``); "" skips the
            check.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites.
        DecisionConflict: the comment was changed since it was shown.
        KeyError: ``decision`` is not in ``OUTCOMES``.
    """
    comment = _lock_comment(session, moderator_id, comment_id)
    repeated = _repeated_decision(session, comment, moderator_id, decision)
    if repeated is not None:
        return DecisionResult(repeated.id, comment.id, repeated.from_status, repeated.to_status)
    require_unchanged(session, comment, moderator_id, expected)
    row = new_decision(runtime, comment, moderator_id, decision, to_status=OUTCOMES[decision])
    row.note, row.batch_id = note[:1000], batch_id
    session.add(row)
    session.flush()
    label.add_label(session, runtime, comment, row, _moderator_name(session, moderator_id))
    _apply(session, runtime, comment, row)
    return DecisionResult(row.id, comment.id, row.from_status, row.to_status)


def undo(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    decision_id: int,
    batch_id: int | None = None,
) -> DecisionResult:
    """Undo a comment's newest decision: restore its status and withdraw the label.

    Raises:
        CommentNotFound: the comment is not on the moderator's sites.
        NothingToUndo: the decision was undone already, or a later one follows it.
    """
    decision = session.get(t.Decision, decision_id)
    if decision is None:
        raise CommentNotFound(rights.NOBODYS)
    comment = _lock_comment(session, moderator_id, decision.comment_id)
    session.refresh(decision)
    if decision.undone_at is not None or _newest_decision(session, comment.id) != decision.id:
        raise NothingToUndo("This decision was undone or followed by another; reload.")
    row = new_decision(runtime, comment, moderator_id, UNDO, to_status=decision.from_status)
    row.undoes_id, row.batch_id = decision.id, batch_id
    session.add(row)
    decision.undone_at = runtime.now()
    session.flush()
    label.withdraw_labels(session, runtime, comment.id)
    newest = _newest_decision(session, comment.id)
    if newest is not None:
        label.restore_label(session, newest)
    _apply(session, runtime, comment, row)
    return DecisionResult(row.id, comment.id, row.from_status, row.to_status)


def redo(*, session: Session, runtime: Runtime, moderator_id: int, undo_id: int) -> DecisionResult:
    """Decide again as before an undo, if nothing happened to the comment since.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites.
        NothingToUndo: the comment was decided again since.
    """
    undo_row = session.get_one(t.Decision, undo_id)
    comment = _lock_comment(session, moderator_id, undo_row.comment_id)
    batch_id = undo_row.batch_id
    later = select(t.Decision.id).where(
        t.Decision.comment_id == comment.id,
        t.Decision.id > undo_id,
        t.Decision.batch_id.is_distinct_from(batch_id),
    )
    if session.scalar(later.limit(1)) is not None:
        raise NothingToUndo("This comment was decided anew since; it stays as it is.")
    before = session.get_one(t.Decision, undo_row.undoes_id)
    return decide(
        session=session,
        runtime=runtime,
        moderator_id=moderator_id,
        comment_id=comment.id,
        decision=before.decision,
        note=before.note,
        batch_id=batch_id,
    )


def _lock_comment(session: Session, moderator_id: int, comment_id: int) -> t.Comment:
    """Return the comment, locked until the end of the transaction."""
    comment = rights.require_comment(session, moderator_id, comment_id)
    locks.lock_comment(session, comment)
    if comment.status == t.DELETED:
        raise CommentNotFound("This comment was deleted; there is nothing left to decide.")
    return comment


def _repeated_decision(
    session: Session, comment: t.Comment, moderator_id: int, decision: str
) -> t.Decision | None:
    """Return the same moderator's identical newest decision, so that a double click decides once.

    With open reports there is none: approving again dismisses them.
    """
    if comment.reported:
        return None
    newest = _newest_decision(session, comment.id)
    row = session.get(t.Decision, newest) if newest is not None else None
    if row is None or comment.status != row.to_status:
        return None
    return row if (row.moderator_id, row.decision) == (moderator_id, decision) else None


def new_decision(
    runtime: Runtime, comment: t.Comment, moderator_id: int, decision: str, *, to_status: str
) -> t.Decision:
    """Return the row of a decision, which is also its audit entry."""
    return t.Decision(
        comment_id=comment.id,
        moderator_id=moderator_id,
        decision=decision,
        from_status=comment.status,
        to_status=to_status,
        created_at=runtime.now(),
    )


def _moderator_name(session: Session, moderator_id: int) -> str:
    return session.get_one(t.Moderator, moderator_id).name


def _newest_decision(session: Session, comment_id: int) -> int | None:
    """Return the id of the newest decision in effect."""
    query = select(t.Decision.id).where(t.Decision.comment_id == comment_id, *in_effect())
    return session.scalar(query.order_by(t.Decision.id.desc()).limit(1))


def _apply(session: Session, runtime: Runtime, comment: t.Comment, row: t.Decision) -> None:
    """Set the comment's status, update the public thread and announce the decision."""
    comment.status = row.to_status
    resolve_author.publish_author_name(session, comment)
    if t.PUBLISHED in (row.from_status, row.to_status):
        threads.refresh_counts(session, comment)
    session.flush()
    reports.settle_by_decision(session, comment)
    spot_check.update_samples(session, comment.id, runtime.now())
    announce_decision(session, comment, row)
    if row.to_status == t.PUBLISHED and row.from_status != t.PUBLISHED:
        payload = {"comment_id": comment.id, "page_id": comment.page_id}
        site = session.get_one(t.Site, comment.site_id).key
        announce(session, events.comment_published.name, site, **payload)
        on_published(session=session, runtime=runtime, comment=comment, decision=row)
    elif row.to_status != row.from_status:
        announce_held_or_filed(session, comment)


def announce_decision(session: Session, comment: t.Comment, row: t.Decision) -> None:
    """Announce a decision and its moderator."""
    announce(
        session,
        events.comment_decided.name,
        session.get_one(t.Site, comment.site_id).key,
        comment_id=comment.id,
        page_id=comment.page_id,
        decision=row.decision,
        from_status=row.from_status,
        to_status=row.to_status,
        moderator=_moderator_name(session, row.moderator_id),
    )
