"""Re-screen held comments of a guest who has signed in.

A comment may become published and never gets worse than held. Comments that people have judged stay
as they are: decided or reported ones, and those on a held or closed page. So do holds for reasons
that cannot be checked again: the writing time and the honeypot field.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments.on_published import on_published
from comment_service.actions.comments.record_verdict import record_verdict
from comment_service.actions.comments.rewrite import submission_of, with_page_state
from comment_service.actions.comments.submit import with_author
from comment_service.errors import Refusal
from comment_service.identity import GUEST
from comment_service.runtime import Runtime
from comment_service.screening import Submission, screen
from comment_service.screening.context import add_context
from comment_service.storage import tables as t
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce

MAX_RESCREENED = 20
"""Maximum comments re-screened per sign-in, the newest first."""
_UNCHECKABLE_FINDINGS = ("reported", "shield", "too_fast", "honeypot")
"""Findings that screening cannot check again."""


def find_held(session: Session, author_id: int) -> Sequence[int]:
    """Return the ids of an author's comments that only the filter holds, newest first."""
    decided = select(t.Decision.id).where(t.Decision.comment_id == t.Comment.id).exists()
    query = select(t.Comment.id).where(
        t.Comment.author_id == author_id,
        t.Comment.status == t.PENDING,
        t.Comment.reported.is_(False),
        ~decided,
        ~_has_finding(_UNCHECKABLE_FINDINGS),
    )
    return list(session.scalars(query.order_by(t.Comment.id.desc()).limit(MAX_RESCREENED)))


def _has_finding(names: Sequence[str]) -> ColumnElement[bool]:
    reason = select(t.VerdictReason.name).where(t.VerdictReason.comment_id == t.Comment.id)
    return reason.where(t.VerdictReason.name.in_(names)).exists()


def rescreen(*, session: Session, runtime: Runtime, comment_ids: Sequence[int]) -> None:
    """Screen these comments again and publish those that pass."""
    locks.lock_pages_of(session, comment_ids)
    for comment_id in sorted(comment_ids):
        comment = session.get(t.Comment, comment_id, populate_existing=True)
        if comment is not None and comment.status == t.PENDING:
            _rescreen_one(session, runtime, comment)


def _submission(runtime: Runtime, comment: t.Comment) -> Submission:
    """Return the input of screening with identity and network, without the author's data."""
    submission = submission_of(runtime, comment, text=comment.text, html=comment.html)
    return replace(
        submission,
        guest=comment.identity == GUEST,
        moderator=comment.by_moderator,
        network=comment.network,
    )


def _rescreen_one(session: Session, runtime: Runtime, comment: t.Comment) -> None:
    current = with_page_state(runtime, comment, _submission(runtime, comment))
    if current.page_closed or current.shielded:
        return
    try:
        submission = add_context(session, runtime, with_author(current, comment.author))
        verdict = screen(session, runtime, submission)
    except Refusal:  # screening would refuse it as a new comment: it stays pending
        return
    public = verdict.status == t.PUBLISHED
    comment.status = t.PUBLISHED if public else t.PENDING
    record_verdict(session, runtime, comment, replace(verdict, status=comment.status))
    if public:
        payload = {"comment_id": comment.id, "page_id": comment.page_id}
        announce(session, events.comment_published.name, comment.page.site.key, **payload)
        on_published(session=session, runtime=runtime, comment=comment)
