"""Replace a comment's text, with screening; the old text is kept as a revision."""

from dataclasses import replace

from sqlalchemy.orm import Session

from comment_service.actions.comments import flood
from comment_service.actions.comments.record_verdict import record_verdict
from comment_service.runtime import Runtime
from comment_service.screening import Submission, screen
from comment_service.screening.context import add_context
from comment_service.screening.repeats import text_hash
from comment_service.storage import tables as t
from comment_service.storage.admin import rules
from comment_service.storage.comments import links


def rewrite(
    session: Session,
    runtime: Runtime,
    comment: t.Comment,
    submission: Submission,
    *,
    moderator_id: int | None,
) -> None:
    """Replace the text of a comment and update its campaign, links and verdict.

    An edit by a moderator (``moderator_id``) keeps the status; after an author's edit, screening
    decides the status.

    Raises:
        errors.Refusal: screening refuses the text.
    """
    submission = add_context(session, runtime, submission)
    verdict = screen(session, runtime, submission)
    session.add(_revision(runtime, comment, moderator_id))
    comment.text, comment.html = submission.text, submission.html
    comment.edited_at = runtime.now()
    comment.text_hash = text_hash(runtime, submission)
    comment.likeness = submission.likeness
    comment.campaign_id = submission.campaign or comment.id
    if moderator_id is None:
        comment.status = verdict.status
    links.replace_domains(session, comment, submission.domains)
    record_verdict(session, runtime, comment, verdict)


def _revision(runtime: Runtime, comment: t.Comment, moderator_id: int | None) -> t.Revision:
    """Return a revision with the current text."""
    return t.Revision(
        comment_id=comment.id,
        moderator_id=moderator_id,
        text=comment.text,
        html=comment.html,
        created_at=runtime.now(),
    )


def submission_of(runtime: Runtime, comment: t.Comment, *, text: str, html: str) -> Submission:
    """Return the input of screening for a new text of an existing comment."""
    return Submission(
        text=text,
        html=html,
        parent_id=comment.parent_id,
        name=comment.name,
        email=comment.email,
        url=comment.url,
        source_url=comment.source_url,
        site_id=comment.site_id,
        page_id=comment.page_id,
        page_title=comment.page.title,
        author_id=comment.author_id,
        rules=rules.of_page(runtime.settings, comment.page.site, comment.page),
        comment_id=comment.id,
    )


def with_page_state(runtime: Runtime, comment: t.Comment, submission: Submission) -> Submission:
    """Return the submission with the page's current state: closed, or held by flood protection."""
    return replace(
        submission,
        page_closed=rules.is_closed(comment.page, submission.rules, runtime.now()),
        shielded=flood.is_on_hold(comment.page, runtime.now()),
    )
