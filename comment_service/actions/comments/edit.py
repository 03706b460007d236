"""An author edits a comment within the edit window; the new text is screened like a new comment."""

from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import permissions
from comment_service.actions.comments.on_published import on_published
from comment_service.actions.comments.resolve_author import publish_author_name, resolve_author
from comment_service.actions.comments.rewrite import rewrite, submission_of, with_page_state
from comment_service.actions.comments.submit import (
    announce_held_or_filed,
    enqueue_pending_mail,
    with_author,
)
from comment_service.errors import EditConflict
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.screening import Submission
from comment_service.storage import tables as t
from comment_service.storage.comments import own, threads
from comment_service.storage.db.session import announce, serialise
from comment_service.text import markdown


@dataclass(frozen=True)
class Change:
    """The submitted edit, validated for shape only.

    ``expected`` is the id of the newest revision when the form was opened (0 for none); it detects
    concurrent edits.
    """

    text: str
    expected: int
    honeypot: str = ""
    seconds: float | None = None
    lang: str = ""

    @cached_property
    def html(self) -> str:
        """The text as safe HTML; rendered before the transaction, which blocks other writers."""
        return markdown.render(self.text)


def edit_own(
    *, session: Session, runtime: Runtime, viewer: Viewer, comment_id: int, change: Change
) -> t.Comment:
    """Replace the text of a comment of the viewer; screening decides its new status.

    An unchanged text changes nothing, so a form that is sent twice is applied once.

    Raises:
        NotTheAuthor: the viewer is not its author.
        EditConflict: the comment was changed after the form was opened.
        errors.Refusal: the edit window is over, a moderator's decision or a report prevents the
            edit, or screening refuses it like a new comment (closed page, rate limit, duplicate).
    """
    if viewer.network:
        serialise(session, f"network {viewer.network}")
    comment = permissions.require_own(
        session=session, viewer=viewer, comment_id=comment_id, lock=True
    )
    if change.text == comment.text and comment.status != t.DELETED:
        return comment
    permissions.require_editable(session, runtime, comment)
    require_same_text(session, comment, str(change.expected))
    resolved = resolve_author(
        session=session, runtime=runtime, site_id=comment.site_id, viewer=viewer
    )
    submission = with_author(_submission(runtime, comment, viewer, change), resolved.author)
    apply_edit(session, runtime, comment, submission)
    return comment


def require_same_text(session: Session, comment: t.Comment, expected: str) -> None:
    """Refuse an edit of a text that its form did not show.

    ``expected`` is the number that the form holds (``own.last_revision``).

    Raises:
        EditConflict: the text was changed after the form was opened.
    """
    now = own.last_revision(session, comment.id)
    if expected != str(now):
        raise EditConflict(
            "This comment was changed since you opened it. Both texts are kept here: send yours "
            "again to put it in the other's place.",
            text=comment.text,
            expected=now,
        )


def apply_edit(
    session: Session, runtime: Runtime, comment: t.Comment, submission: Submission
) -> None:
    """Replace text, name and website of a locked comment as its author does.

    Raises:
        errors.Refusal: screening refuses the text.
    """
    before, was_public = comment.status, _was_public(session, comment)
    rewrite(session, runtime, comment, submission, moderator_id=None)
    comment.name, comment.url = submission.name, submission.url
    publish_author_name(session, comment)
    if before == t.PUBLISHED != comment.status:
        threads.refresh_counts(session, comment)
    _announce(session, runtime, comment, before, was_public=was_public)


def _submission(runtime: Runtime, comment: t.Comment, viewer: Viewer, change: Change) -> Submission:
    """Return the input of screening, without the author's data."""
    submission = submission_of(runtime, comment, text=change.text, html=change.html)
    return replace(
        with_page_state(runtime, comment, submission),
        guest=viewer.is_guest,
        moderator=viewer.moderator,
        network=viewer.network,
        seconds=change.seconds,
        honeypot=change.honeypot,
        lang=change.lang,
    )


def _was_public(session: Session, comment: t.Comment) -> bool:
    """Return True if a comment was ever public, so that nobody is notified of it twice."""
    screened = select(t.Verdict.id).where(
        t.Verdict.comment_id == comment.id, t.Verdict.status == t.PUBLISHED
    )
    decided = select(t.Decision.id).where(
        t.Decision.comment_id == comment.id, t.Decision.to_status == t.PUBLISHED
    )
    return any(session.scalar(query.limit(1)) is not None for query in (screened, decided))


def _announce(
    session: Session, runtime: Runtime, comment: t.Comment, before: str, *, was_public: bool
) -> None:
    """Enqueue mails and announce the edit."""
    site = comment.page.site.key
    payload = {"comment_id": comment.id, "page_id": comment.page_id}
    announce(session, events.comment_edited.name, site, **payload, status=comment.status)
    if comment.status == before:
        return
    announce_held_or_filed(session, comment)
    if comment.status == t.PENDING:
        enqueue_pending_mail(session, runtime, comment)
    if comment.status == t.PUBLISHED:
        announce(session, events.comment_published.name, site, **payload)
        on_published(session=session, runtime=runtime, comment=comment, was_public=was_public)
