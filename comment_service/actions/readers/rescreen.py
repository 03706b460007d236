"""What a guest wrote and the filter held is looked at again, now that somebody vouches for them.

It may be published, and never becomes worse than held. What a person spoke about stays with people:
decided comments, reported ones, a page on hold or closed. So does what cannot be seen again: how
fast the form was sent, and what stood in the field that people do not see.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments.on_published import became_public
from comment_service.actions.comments.record_verdict import record
from comment_service.actions.comments.rewrite import as_it_is_now, submission_of
from comment_service.actions.comments.submit import by
from comment_service.errors import Refusal
from comment_service.identity import GUEST
from comment_service.runtime import Runtime
from comment_service.screening import Submission, screen
from comment_service.screening.context import surround
from comment_service.storage import tables as t
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce

MOST = 20
"""The newest comments that are looked at again in one sign-in."""
_STAY = ("reported", "shield", "too_fast", "honeypot")
"""Reasons of a hold that a new look cannot weigh."""


def waiting(session: Session, author_id: int) -> Sequence[int]:
    """Return which of an author's comments wait because of the filter alone, the newest first."""
    of_people = select(t.Decision.id).where(t.Decision.comment_id == t.Comment.id).exists()
    query = select(t.Comment.id).where(
        t.Comment.author_id == author_id,
        t.Comment.status == t.PENDING,
        t.Comment.reported.is_(False),
        ~of_people,
        ~_found(_STAY),
    )
    return list(session.scalars(query.order_by(t.Comment.id.desc()).limit(MOST)))


def _found(names: Sequence[str]) -> ColumnElement[bool]:
    reason = select(t.VerdictReason.name).where(t.VerdictReason.comment_id == t.Comment.id)
    return reason.where(t.VerdictReason.name.in_(names)).exists()


def look_again(*, session: Session, runtime: Runtime, comment_ids: Sequence[int]) -> None:
    """Screen these comments again; those that pass are public from now on."""
    locks.pages_of(session, comment_ids)
    for comment_id in sorted(comment_ids):
        comment = session.get(t.Comment, comment_id, populate_existing=True)
        if comment is not None and comment.status == t.PENDING:
            _look(session, runtime, comment)


def _submission(runtime: Runtime, comment: t.Comment) -> Submission:
    """Gather what screening looks at, with who sent it and from where, but for the author."""
    found = submission_of(runtime, comment, text=comment.text, html=comment.html)
    return replace(
        found,
        guest=comment.identity == GUEST,
        moderator=comment.by_moderator,
        network=comment.network,
    )


def _look(session: Session, runtime: Runtime, comment: t.Comment) -> None:
    found = as_it_is_now(runtime, comment, _submission(runtime, comment))
    if found.page_closed or found.shielded:
        return
    try:
        submission = surround(session, runtime, by(found, comment.author))
        verdict = screen(session, runtime, submission)
    except Refusal:  # what could not come in now waits on, as it did
        return
    public = verdict.status == t.PUBLISHED
    comment.status = t.PUBLISHED if public else t.PENDING
    record(session, runtime, comment, replace(verdict, status=comment.status))
    if public:
        told = {"comment_id": comment.id, "page_id": comment.page_id}
        announce(session, events.comment_published.name, comment.page.site.key, **told)
        became_public(session=session, runtime=runtime, comment=comment)
