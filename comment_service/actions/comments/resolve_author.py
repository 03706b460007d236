"""Find the author behind a viewer, or make one, when they first do something that is kept."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.comments import author_history
from comment_service.storage.db import tokens
from comment_service.storage.db.session import serialise
from comment_service.storage.readers import accounts
from comment_service.storage.tables import PUBLISHED, Author, Comment, Identity


@dataclass(frozen=True)
class ResolvedAuthor:
    """The author, and a new visitor's token where the browser had none ("" else)."""

    author: Author
    visitor: str = ""


def resolve_author(
    *, session: Session, runtime: Runtime, site_id: int, viewer: Viewer
) -> ResolvedAuthor:
    """Return the author of a viewer; a guest gets a token that recognises the browser later.

    A block that has ended is lifted here: nobody else asks for the author before screening.
    """
    found = _recognise(session, runtime, site_id, viewer)
    until = found.author.blocked_until
    if until is not None and until <= runtime.now():
        found.author.blocked_at = found.author.blocked_until = None
        found.author.shadowed = False
    return found


def _recognise(session: Session, runtime: Runtime, site_id: int, viewer: Viewer) -> ResolvedAuthor:
    if viewer.author_id is not None:
        author = session.get(Author, viewer.author_id)
        if author is not None and author.site_id == site_id:
            return ResolvedAuthor(author)
    if not viewer.is_guest:
        serialise(session, f"identity {site_id} {viewer.provider} {viewer.subject}")
        found = people.find_author(session, site_id, viewer.provider, viewer.subject)
        if found is None:
            known = find_erased_identity(session, runtime, site_id, viewer.provider, viewer.subject)
            found = known.author if known is not None else None
        return ResolvedAuthor(found or _add(session, runtime, site_id, viewer, viewer.subject))
    author = _add(session, runtime, site_id, viewer, tokens.new_token())
    return ResolvedAuthor(author, open_visit(session=session, runtime=runtime, author=author))


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


def erased_subject(runtime: Runtime, issuer: str, subject: str) -> str:
    """Return what is kept of the subject of a blocked author who had everything erased."""
    return f"erased {runtime.keyed_hash('erased identity', f'{issuer} {subject}')}"


def find_erased_identity(
    session: Session, runtime: Runtime, site_id: int, issuer: str, subject: str
) -> Identity | None:
    """Return the identity of an author who was erased while blocked, and reopen the account.

    A keyed hash of the subject is kept for as long as the block lasts, so the block still applies.
    """
    kept = erased_subject(runtime, issuer, subject)
    identity = accounts.find_identity(session, site_id, issuer, kept)
    if identity is None:
        return None
    if not accounts.stands_blocked(identity.author, runtime.now()):
        session.delete(identity)
        session.flush()
        return None
    identity.subject, identity.author.erased_at = subject, None
    session.flush()
    return identity


def publish_author_name(session: Session, comment: Comment) -> None:
    """Let the author's name in public lists be one that was let through, or none."""
    author = session.get_one(Author, comment.author_id)
    session.flush()
    if comment.status == PUBLISHED:
        author.name, author.url = comment.name, comment.url
    elif not author_history.published_by(session, author.id):
        author.name = author.url = ""
