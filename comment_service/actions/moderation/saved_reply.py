"""Texts that moderators of a site answer with again and again."""

from sqlalchemy.orm import Session

from comment_service.errors import InvalidFields, NotThere
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.text import markdown


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
    """Save a reply, or change the one that is named.

    Raises:
        CommentGone: the moderator does not decide on this site.
        NotThere: there is no such reply here.
        InvalidFields: name or text is missing or too long.
    """
    rights.require(session, moderator_id, site_id)
    called, kept = " ".join(name.replace("\0", "").split()), markdown.source(text)
    most = runtime.settings.max_length
    if not 0 < len(called) <= 80:
        raise InvalidFields({"name": ["Give it a name of up to 80 characters."]})
    if not 0 < len(kept) <= most:
        raise InvalidFields({"text": [f"Write something, of up to {most} characters."]})
    row = _here(session, site_id, reply_id) if reply_id else t.SavedReply(site_id=site_id)
    if reply_id is None:
        row.moderator_id, row.created_at = moderator_id, runtime.now()
        session.add(row)
    row.name, row.text = called, kept
    session.flush()
    return row


def remove(*, session: Session, moderator_id: int, site_id: int, reply_id: int) -> None:
    """Delete a saved reply.

    Raises:
        CommentGone: the moderator does not decide on this site.
        NotThere: there is no such reply here.
    """
    rights.require(session, moderator_id, site_id)
    session.delete(_here(session, site_id, reply_id))
    session.flush()


def _here(session: Session, site_id: int, reply_id: int) -> t.SavedReply:
    row = session.get(t.SavedReply, reply_id)
    if row is None or row.site_id != site_id:
        raise NotThere("This saved reply is gone already.")
    return row
