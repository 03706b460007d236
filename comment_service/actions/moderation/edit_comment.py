"""A moderator edits a comment; the old text is kept as a revision."""

from dataclasses import replace

from sqlalchemy.orm import Session

from comment_service.actions.comments.rewrite import rewrite, submission_of
from comment_service.errors import CommentNotFound, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.db import locks
from comment_service.text import markdown


def edit_comment(
    *, session: Session, runtime: Runtime, moderator_id: int, comment_id: int, text: str
) -> t.Comment:
    """Replace a comment's text, with screening, and keep its status.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites, or it is deleted.
        InvalidFields: the text is empty or too long.
    """
    comment = rights.require_comment(session, moderator_id, comment_id)
    locks.lock_comment(session, comment)
    if comment.status == t.DELETED:
        raise CommentNotFound("This comment was deleted; there is nothing left to edit.")
    text = validate_text(runtime, text)
    if text == comment.text:
        return comment
    submission = submission_of(runtime, comment, text=text, html=markdown.render(text))
    # as a moderator's text, so that no finding can hold it
    rewrite(
        session, runtime, comment, replace(submission, moderator=True), moderator_id=moderator_id
    )
    return comment


def validate_text(runtime: Runtime, text: str) -> str:
    """Return a moderator's text as it is stored.

    Raises:
        InvalidFields: the text is empty or too long.
    """
    clean, limit = markdown.normalize_source(text), runtime.settings.max_length
    if not 0 < len(clean) <= limit:
        raise InvalidFields({"text": [f"Write something, of up to {limit} characters."]})
    return clean
