"""What is owed when a comment becomes public: who waits for it is told, and so is its author."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.comments.request_subscription import (
    confirm_waiting_subscriptions,
    subscriptions_available,
)
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.db import outbox
from comment_service.storage.readers import subscriptions

TELL = "tell_readers"
"""Kind of the outbox row that tells the subscribers of a page of one comment."""
APPROVED_MAIL = "approved_mail"
"""Kind of the outbox row that tells an author that their comment was published."""


def became_public(
    *,
    session: Session,
    runtime: Runtime,
    comment: t.Comment,
    decision: t.Decision | None = None,
    again: bool = False,
) -> None:
    """Owe the mails about a comment that is public now; ``decision`` is what made it so.

    ``again`` says, where nobody decided, that it was public before.

    One that was public before is told only to those who were not told then, and its author hears
    of the first time alone.
    """
    if not runtime.settings.smtp_url:
        return
    before = again if decision is None else _was_public(session, comment, decision)
    if decision is not None and not before and _is_proven(comment):
        outbox.put(session, APPROVED_MAIL, {"comment_id": comment.id}, runtime.now())
    if not subscriptions_available(runtime):
        return
    confirm_waiting_subscriptions(session=session, runtime=runtime, comment=comment)
    if subscriptions.any_on(session, comment.page_id):
        outbox.put(session, TELL, {"comment_id": comment.id, "again": before}, runtime.now())


def _was_public(session: Session, comment: t.Comment, decision: t.Decision) -> bool:
    """Tell whether a comment was public already before a decision published it."""
    first = select(t.Verdict.status).where(t.Verdict.comment_id == comment.id)
    if session.scalar(first.order_by(t.Verdict.id).limit(1)) == t.PUBLISHED:
        return True
    earlier = select(t.Decision.id).where(
        t.Decision.comment_id == comment.id,
        t.Decision.to_status == t.PUBLISHED,
        t.Decision.id < decision.id,
    )
    return session.scalar(earlier.limit(1)) is not None


def _is_proven(comment: t.Comment) -> bool:
    """Tell whether the address that a comment was written with is shown to be its author's."""
    return bool(comment.email) and comment.author.proven_email == comment.email.lower()
