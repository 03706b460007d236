"""A moderator changes what a comment says; what it said before is kept."""

from sqlalchemy.orm import Session

from comment_service.actions.receipt import record
from comment_service.errors import CommentGone, InvalidFields
from comment_service.runtime import Runtime
from comment_service.screening import Submission, screen
from comment_service.screening.circumstances import surround
from comment_service.screening.repeats import text_hash
from comment_service.storage import linked, rights, rules, threads
from comment_service.storage import tables as t
from comment_service.text import markdown


def edit_comment(
    *, session: Session, runtime: Runtime, moderator_id: int, comment_id: int, text: str
) -> t.Comment:
    """Give a comment another text, judged as any other, and keep the status that it has.

    Raises:
        CommentGone: there is no such comment (any more) where this moderator decides.
        InvalidFields: there is no text, or too much of it.
    """
    threads.lock(session, rights.comment(session, moderator_id, comment_id).page_id)
    comment = session.get_one(t.Comment, comment_id, with_for_update=True, populate_existing=True)
    if comment.status == t.DELETED:
        raise CommentGone("This comment was deleted; there is nothing left to edit.")
    text = checked(runtime, text)
    if text == comment.text:
        return comment
    _keep(session, runtime, moderator_id, comment)
    comment.text, comment.html = text, markdown.render(text)
    comment.edited_at = runtime.now()
    submission = surround(session, runtime, _submission(runtime, comment))
    comment.text_hash = text_hash(runtime, submission)
    comment.likeness = submission.likeness
    comment.campaign_id = submission.campaign or comment.id
    linked.replace(session, comment, submission.domains)
    record(session, runtime, comment, screen(session, runtime, submission))
    return comment


def checked(runtime: Runtime, text: str) -> str:
    """Return what a moderator wrote as it is kept.

    Raises:
        InvalidFields: there is no text, or too much of it.
    """
    kept, most = markdown.source(text), runtime.settings.max_length
    if not 0 < len(kept) <= most:
        raise InvalidFields({"text": [f"Write something, of up to {most} characters."]})
    return kept


def _keep(session: Session, runtime: Runtime, moderator_id: int, comment: t.Comment) -> None:
    """Keep what the comment says now."""
    session.add(
        t.Revision(
            comment_id=comment.id,
            moderator_id=moderator_id,
            text=comment.text,
            html=comment.html,
            created_at=runtime.now(),
        )
    )


def _submission(runtime: Runtime, comment: t.Comment) -> Submission:
    """Gather what screening looks at; the moderator's hand outweighs what it asks for."""
    return Submission(
        text=comment.text,
        html=comment.html,
        parent_id=comment.parent_id,
        name=comment.name,
        email=comment.email,
        url=comment.url,
        site_id=comment.site_id,
        page_id=comment.page_id,
        page_title=comment.page.title,
        author_id=comment.author_id,
        rules=rules.of_page(runtime.settings, comment.page.site, comment.page),
        moderator=True,
        comment_id=comment.id,
    )
