"""Find or create the author of a viewer, when they first do something that is stored."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.identity import GUEST, Viewer
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.comments import author_history, own
from comment_service.storage.db import prepared, tokens
from comment_service.storage.db.session import serialise
from comment_service.storage.readers import accounts
from comment_service.storage.tables import PUBLISHED, Author, Comment, Identity


@dataclass(frozen=True)
class ResolvedAuthor:
    """The author, and a new visitor token if the browser had none (otherwise "").

    ``is_new`` is True if the author was added just now.
    """

    author: Author
    visitor: str = ""
    is_new: bool = False


def resolve_author(
    *, session: Session, runtime: Runtime, site_id: int, viewer: Viewer
) -> ResolvedAuthor:
    """Return the author of a viewer; a new guest gets a token that identifies the browser later.

    An expired block is lifted here, because every write passes here before screening.
    """
    resolved = _find_or_add(session, runtime, site_id, viewer)
    until = resolved.author.blocked_until
    if until is not None and until <= runtime.now():
        resolved.author.blocked_at = resolved.author.blocked_until = None
        resolved.author.shadowed = False
    return resolved


def _find_or_add(
    session: Session, runtime: Runtime, site_id: int, viewer: Viewer
) -> ResolvedAuthor:
    if viewer.author_id is not None:
        author = prepared.get(session, Author, viewer.author_id)
        if author is not None and author.site_id == site_id:
            return ResolvedAuthor(author)
    if not viewer.is_guest:
        serialise(session, f"identity {site_id} {viewer.provider} {viewer.subject}")
        author = people.find_author(session, site_id, viewer.provider, viewer.subject)
        if author is None:
            identity = find_erased_identity(
                session, runtime, site_id, viewer.provider, viewer.subject
            )
            author = identity.author if identity is not None else None
        return ResolvedAuthor(
            author or _add_author(session, runtime, site_id, viewer, viewer.subject)
        )
    author = _add_author(session, runtime, site_id, viewer, tokens.new_token())
    token = open_guest_session(session=session, runtime=runtime, author=author)
    return ResolvedAuthor(author, token, is_new=True)


def is_guest_author(session: Session, author: Author) -> bool:
    """Return True if an author has no account, only the session of a browser."""
    return {identity.provider for identity in accounts.identities(session, author.id)} == {GUEST}


def open_guest_session(*, session: Session, runtime: Runtime, author: Author) -> str:
    """Open a guest session for an author and return its token."""
    return people.open_session(
        session,
        now=runtime.now(),
        days=runtime.settings.visitor_days,
        author=author,
        moderator=None,
    )


def _add_author(
    session: Session, runtime: Runtime, site_id: int, viewer: Viewer, subject: str
) -> Author:
    return people.add_author(
        session,
        site_id=site_id,
        provider=viewer.provider,
        subject=subject,
        now=runtime.now(),
        name=viewer.name,
    )


def erased_subject(runtime: Runtime, issuer: str, subject: str) -> str:
    """Return the keyed hash that is stored for the subject of an erased, blocked author."""
    return f"erased {runtime.keyed_hash('erased identity', f'{issuer} {subject}')}"


def find_erased_identity(
    session: Session, runtime: Runtime, site_id: int, issuer: str, subject: str
) -> Identity | None:
    """Return the identity of an author who was erased while blocked, and reopen the account.

    A keyed hash of the subject is kept for as long as the block lasts, so the block still applies.
    """
    erased = erased_subject(runtime, issuer, subject)
    identity = accounts.find_identity(session, site_id, issuer, erased)
    if identity is None:
        return None
    if not accounts.is_blocked(identity.author, runtime.now()):
        session.delete(identity)
        session.flush()
        return None
    identity.subject, identity.author.erased_at = subject, None
    session.flush()
    return identity


def publish_author_name(session: Session, comment: Comment) -> None:
    """Set the author's name in public lists to that of a published comment, or clear it."""
    author = session.get_one(Author, comment.author_id)
    session.flush()
    if comment.status == PUBLISHED:
        author.name, author.url = comment.name, comment.url
    elif not author_history.has_published(session, author.id):
        author.name = author.url = ""


def forget_address(session: Session, comment: Comment) -> None:
    """Remove a guest's e-mail address with the last of their comments, which was just wiped."""
    author = session.get_one(Author, comment.author_id)
    if author.email and not own.has_other_comment(session, author.id, comment.id):
        author.email = "" if is_guest_author(session, author) else author.email
