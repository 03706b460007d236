"""Enqueue notifications when a comment becomes public: to subscribers and to its author."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.comments.request_subscription import (
    enqueue_confirmations,
    subscriptions_available,
)
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.db import outbox
from comment_service.storage.readers import subscriptions

NEWS_MAIL = "tell_readers"
"""Kind of the outbox row that tells the subscribers of a page of one comment."""
APPROVED_MAIL = "approved_mail"
"""Outbox kind: notify an author that their comment was approved."""


def on_published(
    *,
    session: Session,
    runtime: Runtime,
    comment: t.Comment,
    decision: t.Decision | None = None,
    was_public: bool = False,
) -> None:
    """Enqueue the mails about a comment that is public now.

    A comment that was public before notifies only subscribers who were not notified then. The
    author is notified of the first approval only.

    Args:
        session: of a transaction.
        runtime: the app's state.
        comment: the published comment.
        decision: the decision that published it, None if no moderator decided.
        was_public: without a decision, True if the comment was public before.
    """
    if not runtime.settings.smtp_url:
        return
    before = was_public if decision is None else _was_public(session, comment, decision)
    if decision is not None and not before and _is_email_verified(comment):
        outbox.enqueue(session, APPROVED_MAIL, {"comment_id": comment.id}, runtime.now())
    if not subscriptions_available(runtime):
        return
    enqueue_confirmations(session=session, runtime=runtime, comment=comment)
    if subscriptions.has_active(session, comment.page_id):
        outbox.enqueue(
            session, NEWS_MAIL, {"comment_id": comment.id, "again": before}, runtime.now()
        )


def _was_public(session: Session, comment: t.Comment, decision: t.Decision) -> bool:
    """Return True if a comment was public before a decision published it."""
    first = select(t.Verdict.status).where(t.Verdict.comment_id == comment.id)
    if session.scalar(first.order_by(t.Verdict.id).limit(1)) == t.PUBLISHED:
        return True
    earlier = select(t.Decision.id).where(
        t.Decision.comment_id == comment.id,
        t.Decision.to_status == t.PUBLISHED,
        t.Decision.id < decision.id,
    )
    return session.scalar(earlier.limit(1)) is not None


def _is_email_verified(comment: t.Comment) -> bool:
    """Return True if the comment's e-mail address is verified for its author."""
    return bool(comment.email) and comment.author.proven_email == comment.email.lower()
