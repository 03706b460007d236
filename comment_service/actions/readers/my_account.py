"""Readers change their own account: name, website, identities."""

from sqlalchemy.orm import Session

from comment_service.actions.readers.set_name import validate_name
from comment_service.errors import AlreadyDone, DoesNotExist, NotAllowed
from comment_service.identity import GUEST, HOST
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.db.session import serialise
from comment_service.storage.readers import accounts, activity


def rename(
    *, session: Session, runtime: Runtime, author: t.Author, name: str, website: str
) -> None:
    """Change name and website; existing comments keep theirs.

    Raises:
        NotAllowed: the author is a guest, is named by the host app, or is blocked.
        InvalidFields: the name or the website is not allowed (``validate_name``).
    """
    if not _is_proven(session, author):
        raise NotAllowed("Sign in first: guests enter their name with each comment.")
    if _is_openly_blocked(author, runtime):
        raise NotAllowed("This cannot be changed now. Ask the moderators of the site.")
    clean_name, url = validate_name(
        session=session, runtime=runtime, site_id=author.site_id, name=name, website=website
    )
    if (author.name, author.url) == (clean_name, url):
        return
    author.name, author.url = clean_name, url
    accounts.add_audit_entry(session, author, "renamed", {}, now=runtime.now())
    _touch(session, author)


def _is_openly_blocked(author: t.Author, runtime: Runtime) -> bool:
    """Return True if the author is blocked and may know it."""
    return accounts.is_blocked(author, runtime.now()) and not author.shadowed


def _is_proven(session: Session, author: t.Author) -> bool:
    """Return True if the author has an account: a guest's public name must pass screening."""
    return any(
        identity.provider not in {GUEST, HOST}
        for identity in accounts.identities(session, author.id)
    )


def _touch(session: Session, author: t.Author) -> None:
    """Bump the revision of all pages that show the author's name or picture."""
    for page_id in accounts.pages_of(session, author.id):
        threads.bump_revision(session, page_id)


def remove_identity(
    *, session: Session, runtime: Runtime, author: t.Author, identity_id: int
) -> None:
    """Remove an identity from the account; its sessions end.

    Raises:
        DoesNotExist: the account has no such identity.
        NotAllowed: the author is blocked; removing identities must not evade the block.
        AlreadyDone: it is the last identity, without which nobody could sign in.
    """
    serialise(session, f"identities {author.id}")
    identities = accounts.identities(session, author.id)
    identity = next((identity for identity in identities if identity.id == identity_id), None)
    if identity is None:
        raise DoesNotExist("This is not one of your sign-in methods.")
    if _is_openly_blocked(author, runtime):
        raise NotAllowed("This cannot be removed now. Ask the moderators of the site.")
    rest = [identity for identity in identities if identity.id != identity_id]
    if not rest:
        raise AlreadyDone("This is your only sign-in method: add another one first.")
    about = {"provider": identity.provider}
    session.delete(identity)
    session.flush()
    _clear_unverified(session, author, rest)
    accounts.add_audit_entry(session, author, "identity removed", about, now=runtime.now())


def _clear_unverified(session: Session, author: t.Author, rest: list[t.Identity]) -> None:
    """Clear the address and the picture if no remaining identity verifies them."""
    addresses = [identity.email for identity in rest if identity.email]
    if author.proven_email not in {address.lower() for address in addresses}:
        author.email = addresses[0] if addresses else ""
        author.proven_email = author.email.lower()
    if author.picture and not any(identity.picture_url for identity in rest):
        drawn = activity.picture(session, author.id)
        if drawn is not None:
            session.delete(drawn)
        author.picture = ""
        _touch(session, author)
    session.flush()
