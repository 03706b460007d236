"""Find the author behind a viewer, or make one, when they first do something that is kept."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.actions.readers import carry_block
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.db.session import serialise
from comment_service.storage.tables import Author


@dataclass(frozen=True)
class Recognised:
    """The author, and a new visitor's token where the browser had none ("" else)."""

    author: Author
    visitor: str = ""


def recognise(*, session: Session, runtime: Runtime, site_id: int, viewer: Viewer) -> Recognised:
    """Return the author of a viewer; a guest gets a token that recognises the browser later.

    A block that has ended is lifted here: nobody else asks for the author before screening.
    """
    found = _recognise(session, runtime, site_id, viewer)
    until = found.author.blocked_until
    if until is not None and until <= runtime.now():
        found.author.blocked_at = found.author.blocked_until = None
        found.author.shadowed = False
    return found


def _recognise(session: Session, runtime: Runtime, site_id: int, viewer: Viewer) -> Recognised:
    if viewer.author_id is not None:
        author = session.get(Author, viewer.author_id)
        if author is not None and author.site_id == site_id:
            return Recognised(author)
    if not viewer.is_guest:
        serialise(session, f"identity {site_id} {viewer.provider} {viewer.subject}")
        found = people.find_author(session, site_id, viewer.provider, viewer.subject)
        if found is None:
            known = carry_block.find(session, runtime, site_id, viewer.provider, viewer.subject)
            found = known.author if known is not None else None
        return Recognised(found or _add(session, runtime, site_id, viewer, viewer.subject))
    author = _add(session, runtime, site_id, viewer, people.new_token())
    return Recognised(author, open_visit(session=session, runtime=runtime, author=author))


def open_visit(*, session: Session, runtime: Runtime, author: Author) -> str:
    """Open a visitor's session for an author and return its token."""
    return people.open_session(
        session,
        now=runtime.now(),
        days=runtime.settings.visitor_days,
        author=author,
        moderator=None,
    )


def _add(session: Session, runtime: Runtime, site_id: int, viewer: Viewer, subject: str) -> Author:
    return people.add_author(
        session,
        site_id=site_id,
        provider=viewer.provider,
        subject=subject,
        now=runtime.now(),
        name=viewer.name,
    )
