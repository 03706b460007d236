"""Give a comment another text, judged as any other; what it said before is kept."""

from dataclasses import replace

from sqlalchemy.orm import Session

from comment_service.actions.comments import flood
from comment_service.actions.comments.record_verdict import record
from comment_service.runtime import Runtime
from comment_service.screening import Submission, screen
from comment_service.screening.context import surround
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
    """Have a comment say what a submission does: its copies, its links and its receipt follow.

    A moderator's hand (``moderator_id``) leaves the status as it is; where its author does it, the
    status is what screening comes to.

    Raises:
        errors.Refusal: screening does not let it in.
    """
    submission = surround(session, runtime, submission)
    verdict = screen(session, runtime, submission)
    session.add(_before(runtime, comment, moderator_id))
    comment.text, comment.html = submission.text, submission.html
    comment.edited_at = runtime.now()
    comment.text_hash = text_hash(runtime, submission)
    comment.likeness = submission.likeness
    comment.campaign_id = submission.campaign or comment.id
    if moderator_id is None:
        comment.status = verdict.status
    links.replace(session, comment, submission.domains)
    record(session, runtime, comment, verdict)


def _before(runtime: Runtime, comment: t.Comment, moderator_id: int | None) -> t.Revision:
    """Return what the comment says now, to be kept."""
    return t.Revision(
        comment_id=comment.id,
        moderator_id=moderator_id,
        text=comment.text,
        html=comment.html,
        created_at=runtime.now(),
    )


def submission_of(runtime: Runtime, comment: t.Comment, *, text: str, html: str) -> Submission:
    """Gather what screening looks at where a comment shall say something else."""
    return Submission(
        text=text,
        html=html,
        parent_id=comment.parent_id,
        name=comment.name,
        email=comment.email,
        url=comment.url,
        site_id=comment.site_id,
        page_id=comment.page_id,
        page_title=comment.page.title,
        author_id=comment.author_id,
        rules=rules.of_page(runtime.settings, comment.page.site, comment.page),
        comment_id=comment.id,
    )


def as_it_is_now(runtime: Runtime, comment: t.Comment, submission: Submission) -> Submission:
    """Return the submission with what stands in the way where the comment is: closed, on hold."""
    return replace(
        submission,
        page_closed=rules.is_closed(comment.page, submission.rules, runtime.now()),
        shielded=flood.is_up(comment.page, runtime.now()),
    )
