"""A moderator changes what a comment says; what it said before is kept."""

from dataclasses import replace

from sqlalchemy.orm import Session

from comment_service.actions.comments.rewrite import rewrite, submission_of
from comment_service.errors import CommentGone, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.db import locks
from comment_service.text import markdown


def edit_comment(
    *, session: Session, runtime: Runtime, moderator_id: int, comment_id: int, text: str
) -> t.Comment:
    """Give a comment another text, judged as any other, and keep the status that it has.

    Raises:
        CommentGone: there is no such comment (any more) where this moderator decides.
        InvalidFields: there is no text, or too much of it.
    """
    comment = rights.comment(session, moderator_id, comment_id)
    locks.comment(session, comment)
    if comment.status == t.DELETED:
        raise CommentGone("This comment was deleted; there is nothing left to edit.")
    text = checked(runtime, text)
    if text == comment.text:
        return comment
    submission = submission_of(runtime, comment, text=text, html=markdown.render(text))
    # the moderator's hand outweighs whatever is found
    rewrite(
        session, runtime, comment, replace(submission, moderator=True), moderator_id=moderator_id
    )
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
