"""Moderators write down something about an author, for each other."""

from sqlalchemy.orm import Session

from comment_service.errors import InvalidFields, NotThere
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.text import markdown

LONGEST = 2000
"""Characters of a note or a saved reply's text."""


def note_author(
    *, session: Session, runtime: Runtime, moderator_id: int, comment_id: int, text: str
) -> t.AuthorNote:
    """Note something about whoever wrote a comment.

    Raises:
        CommentGone: there is no such comment where this moderator decides.
        InvalidFields: there is no text, or too much of it.
    """
    comment = rights.comment(session, moderator_id, comment_id)
    kept = markdown.source(text)
    if not 0 < len(kept) <= LONGEST:
        raise InvalidFields({"note": [f"Write something, of up to {LONGEST} characters."]})
    row = t.AuthorNote(author_id=comment.author_id, moderator_id=moderator_id, text=kept)
    row.created_at = runtime.now()
    session.add(row)
    session.flush()
    return row


def remove_note(*, session: Session, moderator_id: int, comment_id: int, note_id: int) -> None:
    """Take a note off the author of a comment.

    Raises:
        CommentGone: there is no such comment where this moderator decides.
        NotThere: there is no such note on its author.
    """
    comment = rights.comment(session, moderator_id, comment_id)
    row = session.get(t.AuthorNote, note_id)
    if row is None or row.author_id != comment.author_id:
        raise NotThere("This note is gone already.")
    session.delete(row)
    session.flush()
