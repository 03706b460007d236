"""A moderator decides about a comment, or takes a decision back. Every decision is a label."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import resolve_author
from comment_service.actions.comments.on_published import became_public
from comment_service.actions.moderation import label
from comment_service.actions.moderation.conflict import refuse_collision
from comment_service.errors import CommentGone, NothingToUndo
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import reports, threads
from comment_service.storage.comments.decisions import in_effect
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce
from comment_service.storage.moderation import spot_check

OUTCOMES = {"approve": t.PUBLISHED, "spam": t.SPAM, "reject": t.REJECTED, "hold": t.PENDING}
"""Decision → the status it gives."""

UNDO = "undo"


@dataclass(frozen=True)
class Decided:
    """The audit line's id, and the status before and after."""

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
) -> Decided:
    """Give a comment the status of a decision, write the audit line and the label.

    ``note`` says why, to other moderators; ``batch_id`` names the batch it is part of.
    ``expected`` is the status that the comment had when it was shown; "" is any.

    Raises:
        CommentGone: there is no such comment where this moderator decides.
        DecidedBefore: somebody else gave it another status since it was shown.
        KeyError: ``decision`` is none of ``OUTCOMES``.
    """
    comment = _locked(session, moderator_id, comment_id)
    same = _same(session, comment, moderator_id, decision)
    if same is not None:
        return Decided(same.id, comment.id, same.from_status, same.to_status)
    refuse_collision(session, comment, moderator_id, expected)
    row = audit_line(runtime, comment, moderator_id, decision, to_status=OUTCOMES[decision])
    row.note, row.batch_id = note[:1000], batch_id
    session.add(row)
    session.flush()
    label.teach(session, runtime, comment, row, _name(session, moderator_id))
    _turn(session, runtime, comment, row)
    return Decided(row.id, comment.id, row.from_status, row.to_status)


def undo(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    decision_id: int,
    batch_id: int | None = None,
) -> Decided:
    """Take a comment's newest decision back: its status before, the label withdrawn.

    Raises:
        CommentGone: it is about a comment where this moderator does not decide.
        NothingToUndo: it was taken back already, or a later decision stands on it.
    """
    old = session.get(t.Decision, decision_id)
    if old is None:
        raise CommentGone(rights.NOBODYS)
    comment = _locked(session, moderator_id, old.comment_id)
    session.refresh(old)
    if old.undone_at is not None or _newest(session, comment.id) != old.id:
        raise NothingToUndo("This decision was taken back or followed by another; reload.")
    row = audit_line(runtime, comment, moderator_id, UNDO, to_status=old.from_status)
    row.undoes_id, row.batch_id = old.id, batch_id
    session.add(row)
    old.undone_at = runtime.now()
    session.flush()
    label.withdraw(session, runtime, comment.id)
    stands = _newest(session, comment.id)
    if stands is not None:
        label.restore(session, stands)
    _turn(session, runtime, comment, row)
    return Decided(row.id, comment.id, row.from_status, row.to_status)


def redo(*, session: Session, runtime: Runtime, moderator_id: int, undo_id: int) -> Decided:
    """Decide again what was taken back, as long as nothing happened to the comment since.

    Raises:
        CommentGone: there is no such comment where this moderator decides.
        NothingToUndo: the comment was decided anew since.
    """
    taken_back = session.get_one(t.Decision, undo_id)
    comment = _locked(session, moderator_id, taken_back.comment_id)
    batch_id = taken_back.batch_id
    later = select(t.Decision.id).where(
        t.Decision.comment_id == comment.id,
        t.Decision.id > undo_id,
        t.Decision.batch_id.is_distinct_from(batch_id),
    )
    if session.scalar(later.limit(1)) is not None:
        raise NothingToUndo("This comment was decided anew since; it stays as it is.")
    before = session.get_one(t.Decision, taken_back.undoes_id)
    return decide(
        session=session,
        runtime=runtime,
        moderator_id=moderator_id,
        comment_id=comment.id,
        decision=before.decision,
        note=before.note,
        batch_id=batch_id,
    )


def _locked(session: Session, moderator_id: int, comment_id: int) -> t.Comment:
    """Return the comment, locked until the end of the transaction."""
    comment = rights.comment(session, moderator_id, comment_id)
    locks.comment(session, comment)
    if comment.status == t.DELETED:
        raise CommentGone("This comment was deleted; there is nothing left to decide.")
    return comment


def _same(
    session: Session, comment: t.Comment, moderator_id: int, decision: str
) -> t.Decision | None:
    """Return the decision that this moderator took just now: a second click is no second one.

    Where readers complained since, to approve once more is to have heard them.
    """
    if comment.reported:
        return None
    newest = _newest(session, comment.id)
    row = session.get(t.Decision, newest) if newest is not None else None
    if row is None or comment.status != row.to_status:
        return None
    return row if (row.moderator_id, row.decision) == (moderator_id, decision) else None


def audit_line(
    runtime: Runtime, comment: t.Comment, moderator_id: int, decision: str, *, to_status: str
) -> t.Decision:
    """Return the audit line of a decision about to be carried out."""
    return t.Decision(
        comment_id=comment.id,
        moderator_id=moderator_id,
        decision=decision,
        from_status=comment.status,
        to_status=to_status,
        created_at=runtime.now(),
    )


def _name(session: Session, moderator_id: int) -> str:
    return session.get_one(t.Moderator, moderator_id).name


def _newest(session: Session, comment_id: int) -> int | None:
    """Return the id of the newest decision that stands."""
    query = select(t.Decision.id).where(t.Decision.comment_id == comment_id, *in_effect())
    return session.scalar(query.order_by(t.Decision.id.desc()).limit(1))


def _turn(session: Session, runtime: Runtime, comment: t.Comment, row: t.Decision) -> None:
    """Give the comment its status, bring what is public into line and announce it."""
    comment.status = row.to_status
    resolve_author.publish_author_name(session, comment)
    if t.PUBLISHED in (row.from_status, row.to_status):
        threads.refresh(session, comment)
    session.flush()
    reports.follow(session, comment)
    spot_check.follow(session, comment.id, runtime.now())
    announce_decision(session, comment, row)
    if row.to_status == t.PUBLISHED and row.from_status != t.PUBLISHED:
        told = {"comment_id": comment.id, "page_id": comment.page_id}
        site = session.get_one(t.Site, comment.site_id).key
        announce(session, events.comment_published.name, site, **told)
        became_public(session=session, runtime=runtime, comment=comment, decision=row)


def announce_decision(session: Session, comment: t.Comment, row: t.Decision) -> None:
    """Announce what was decided about a comment, and by whom."""
    announce(
        session,
        events.comment_decided.name,
        session.get_one(t.Site, comment.site_id).key,
        comment_id=comment.id,
        decision=row.decision,
        from_status=row.from_status,
        to_status=row.to_status,
        moderator=_name(session, row.moderator_id),
    )
