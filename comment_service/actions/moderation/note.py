"""Moderators add notes about an author, visible to moderators only."""

from sqlalchemy.orm import Session

from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.text import markdown
from comment_service.text.sentences import staff_sentence

MAX_LENGTH = 2000
"""Maximum characters of a note."""


def note_author(
    *, session: Session, runtime: Runtime, moderator_id: int, comment_id: int, text: str
) -> t.AuthorNote:
    """Add a note about a comment's author.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites.
        InvalidFields: the text is empty or too long.
    """
    comment = rights.require_comment(session, moderator_id, comment_id)
    clean = markdown.normalize_source(text)
    if not 0 < len(clean) <= MAX_LENGTH:
        sentence = staff_sentence(
            "Write something, of up to %(number)s characters.", number=MAX_LENGTH
        )
        raise InvalidFields({"note": [sentence]})
    row = t.AuthorNote(author_id=comment.author_id, moderator_id=moderator_id, text=clean)
    row.created_at = runtime.now()
    session.add(row)
    session.flush()
    return row


def remove_note(*, session: Session, moderator_id: int, comment_id: int, note_id: int) -> None:
    """Remove a note about a comment's author.

    Raises:
        CommentNotFound: there is no such comment on the moderator's sites.
        DoesNotExist: there is no such note about its author.
    """
    comment = rights.require_comment(session, moderator_id, comment_id)
    row = session.get(t.AuthorNote, note_id)
    if row is None or row.author_id != comment.author_id:
        raise DoesNotExist("This note is gone already.")
    session.delete(row)
    session.flush()
