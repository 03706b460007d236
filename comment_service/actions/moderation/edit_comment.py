"""A moderator edits a comment; the old text is kept as a revision."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments.edit import require_same_text
from comment_service.actions.comments.rewrite import rewrite, submission_of
from comment_service.errors import CommentNotFound, EditConflict, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.comments import own
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce
from comment_service.text import markdown
from comment_service.text.sentences import staff_sentence


def edit_comment(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    comment_id: int,
    text: str,
    expected: str = "",
) -> t.Comment:
    """Replace a comment's text, with screening, and keep its status.

    ``expected`` is what the form holds of the text that it showed (``own.last_revision``); ""
    skips the check.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites, or it is deleted.
        EditConflict: its author or another moderator changed the text after the form was opened.
        InvalidFields: the text is empty or too long.
    """
    comment = rights.require_comment(session, moderator_id, comment_id)
    locks.lock_comment(session, comment)
    if comment.status == t.DELETED:
        raise CommentNotFound("This comment was deleted; there is nothing left to edit.")
    text = validate_text(runtime, text)
    if text == comment.text:
        return comment
    if expected:
        require_same_text(session, comment, expected)
    submission = submission_of(runtime, comment, text=text, html=markdown.render(text))
    # as a moderator's text, so that no finding can hold it
    rewrite(
        session, runtime, comment, replace(submission, moderator=True), moderator_id=moderator_id
    )
    payload = {"comment_id": comment.id, "page_id": comment.page_id, "status": comment.status}
    announce(session, events.comment_edited.name, comment.page.site.key, **payload)
    return comment


def require_unchanged(
    *, session: Session, moderator_id: int, comment_id: int, text: str, edited_at: datetime | None
) -> None:
    """Lock a comment whose text a program is about to replace.

    A text that is there already passes: a program may send an edit again whose answer was lost.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites.
        EditConflict: its text was changed at another time than ``edited_at``.
    """
    comment = rights.require_comment(session, moderator_id, comment_id)
    locks.lock_comment(session, comment)
    if comment.edited_at != edited_at and markdown.normalize_source(text) != comment.text:
        raise EditConflict(
            "This comment was changed since you read it. Read it again, then send your text.",
            text=comment.text,
            expected=own.last_revision(session, comment.id),
        )


def validate_text(runtime: Runtime, text: str) -> str:
    """Return a moderator's text as it is stored.

    Raises:
        InvalidFields: the text is empty or too long.
    """
    clean, limit = markdown.normalize_source(text), runtime.settings.max_length
    if not 0 < len(clean) <= limit:
        sentence = staff_sentence("Write something, of up to %(number)s characters.", number=limit)
        raise InvalidFields({"text": [sentence]})
    return clean
