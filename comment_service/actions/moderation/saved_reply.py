"""Saved replies: reusable texts for the moderators of a site."""

from sqlalchemy.orm import Session

from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.text import markdown
from comment_service.text.sentences import staff_sentence


def save(
    *,
    session: Session,
    runtime: Runtime,
    moderator_id: int,
    site_id: int,
    name: str,
    text: str,
    reply_id: int | None = None,
) -> t.SavedReply:
    """Add a saved reply, or change the one with ``reply_id``.

    Raises:
        CommentNotFound: the moderator does not moderate this site.
        DoesNotExist: there is no such saved reply on this site.
        InvalidFields: name or text is missing or too long.
    """
    rights.require(session, moderator_id, site_id)
    clean_name, clean_text = (
        " ".join(name.replace("\0", "").split()),
        markdown.normalize_source(text),
    )
    limit = runtime.settings.max_length
    if not 0 < len(clean_name) <= 80:
        raise InvalidFields({"name": [staff_sentence("Give it a name of up to 80 characters.")]})
    if not 0 < len(clean_text) <= limit:
        sentence = staff_sentence("Write something, of up to %(number)s characters.", number=limit)
        raise InvalidFields({"text": [sentence]})
    row = _require_reply(session, site_id, reply_id) if reply_id else t.SavedReply(site_id=site_id)
    if reply_id is None:
        row.moderator_id, row.created_at = moderator_id, runtime.now()
        session.add(row)
    row.name, row.text = clean_name, clean_text
    session.flush()
    return row


def remove(*, session: Session, moderator_id: int, site_id: int, reply_id: int) -> None:
    """Delete a saved reply.

    Raises:
        CommentNotFound: the moderator does not moderate this site.
        DoesNotExist: there is no such saved reply on this site.
    """
    rights.require(session, moderator_id, site_id)
    session.delete(_require_reply(session, site_id, reply_id))
    session.flush()


def _require_reply(session: Session, site_id: int, reply_id: int) -> t.SavedReply:
    row = session.get(t.SavedReply, reply_id)
    if row is None or row.site_id != site_id:
        raise DoesNotExist("This saved reply is gone already.")
    return row
