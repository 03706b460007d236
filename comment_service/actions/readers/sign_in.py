"""Sign-in of a proven person: find or create the identity, confirm it, hand it to the widget.

The widget is on another website and the window on ours; cookies and messages between them are not
reliable. So the widget keeps a verifier and the window gets its SHA-256 (the challenge); the one
who shows the verifier gets the identity that was proven in the window: PKCE (RFC 7636) between the
two.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.comments import resolve_author
from comment_service.actions.readers import merge_guest, picture, rescreen
from comment_service.actions.readers.set_name import valid_name_or_empty
from comment_service.errors import AlreadyDone, LinkExpired
from comment_service.identity import Person, Viewer, gravatar
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.db.session import serialise
from comment_service.storage.readers import accounts

CLAIM_MINUTES = 5
"""How long a proven identity can be claimed."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that cannot be confused."""


@dataclass(frozen=True)
class Claim:
    """The widget's token, "" until a sign-in is confirmed for its verifier."""

    token: str = ""


def challenge_of(verifier: str) -> str:
    """Return the challenge of a verifier: its SHA-256 in base64url without padding."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def code_of(challenge: str) -> str:
    """Return the four characters that widget and window both show for comparison."""
    digest = hashlib.sha256(f"code\0{challenge}".encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:4])


def prove(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    provider: str,
    person: Person,
    link_to: t.Author | None = None,
) -> t.Identity:
    """Return the identity of a person; create it and its author if needed.

    A new identity belongs to ``link_to``, else to the author with the same verified address, else
    to a new author.

    Raises:
        AlreadyDone: the identity should be linked but belongs to another account.
    """
    address = person.email.lower()
    serialise(session, f"identity {site.id} {person.issuer} {person.subject}")
    serialise(session, f"address {site.id} {address}")
    identity = accounts.find_identity(session, site.id, person.issuer, person.subject)
    identity = identity or resolve_author.find_erased_identity(
        session, runtime, site.id, person.issuer, person.subject
    )
    if identity is None:
        existing = accounts.find_by_proven_email(session, site.id, address) if address else None
        author = link_to or existing or _new_author(session, runtime, site, person)
        identity = _new_identity(runtime, author, provider, person)
        session.add(identity)
        session.flush()
        about = {"provider": provider, "name": person.name}
        accounts.add_audit_entry(session, author, "identity added", about, now=runtime.now())
    elif link_to is not None and identity.author_id != link_to.id:
        raise AlreadyDone(
            "This belongs to another account. Sign in with it and remove it there first."
        )
    _refresh(session, runtime, identity, person)
    return identity


def _new_author(session: Session, runtime: Runtime, site: t.Site, person: Person) -> t.Author:
    name = valid_name_or_empty(session, runtime, site.id, person.name)
    author = t.Author(site_id=site.id, name=name, url=person.url, created_at=runtime.now())
    session.add(author)
    session.flush()
    return author


def _new_identity(runtime: Runtime, author: t.Author, provider: str, person: Person) -> t.Identity:
    identity = t.Identity(site_id=author.site_id, provider=provider, created_at=runtime.now())
    identity.author, identity.issuer, identity.subject = author, person.issuer, person.subject
    return identity


def _refresh(session: Session, runtime: Runtime, identity: t.Identity, person: Person) -> None:
    """Update the identity with the provider's data; a name chosen here stays."""
    author, now = identity.author, runtime.now()
    before, address = identity.email.lower(), person.email.lower()
    identity.name, identity.email, identity.used_at = person.name, person.email, now
    if (
        before != address
        and before == author.proven_email
        and not _other_identity_verifies(session, identity)
    ):
        author.proven_email = ""  # the next owner of that mailbox is another person
    if person.email and not author.proven_email:
        author.proven_email, author.email = person.email.lower(), person.email
    author.name = author.name or valid_name_or_empty(session, runtime, author.site_id, person.name)
    picture_url = person.picture_url
    if not picture_url and person.email and runtime.settings.gravatar:
        picture_url = gravatar.picture_url(person.email)
    if picture_url and picture_url != identity.picture_url:
        picture.request_picture(
            session=session, runtime=runtime, identity=identity, url=picture_url
        )


def _other_identity_verifies(session: Session, identity: t.Identity) -> bool:
    """Return True if another identity of the author verifies the same address."""
    proven = identity.author.proven_email
    identities = accounts.identities(session, identity.author_id)
    return any(other.id != identity.id and other.email.lower() == proven for other in identities)


def offer(*, session: Session, runtime: Runtime, identity: t.Identity, challenge: str) -> t.SignIn:
    """Store a proven identity for the widget that asked; the reader must still confirm it."""
    now = runtime.now()
    row = t.SignIn(
        site_id=identity.site_id,
        identity_id=identity.id,
        challenge=challenge,
        created_at=now,
        expires_at=now + timedelta(minutes=CLAIM_MINUTES),
    )
    session.add(row)
    session.flush()
    return row


def confirm(*, session: Session, runtime: Runtime, sign_in_id: int) -> t.Identity:
    """Let the widget claim the sign-in: the reader confirms that they started it.

    Raises:
        LinkExpired: it has expired or was claimed.
    """
    row = session.get(t.SignIn, sign_in_id, with_for_update=True)
    if row is None or row.claimed_at is not None or row.expires_at <= runtime.now():
        raise LinkExpired("This took too long. Start again on the page where you want to comment.")
    row.confirmed_at = row.confirmed_at or runtime.now()
    return row.identity


def claim(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    verifier: str,
    viewer: Viewer,
    browser: str = "",
) -> Claim:
    """Return the widget's token, once; a guest's comments and likes move to the account.

    Raises:
        LinkExpired: it was claimed before.
    """
    now, challenge = runtime.now(), challenge_of(verifier)
    serialise(session, f"claim {site.id} {challenge}")
    rows = accounts.sign_ins(session, site.id, challenge)
    if any(row.claimed_at is not None for row in rows):
        raise LinkExpired("This sign-in was already used. Start again.")
    ready = [row for row in rows if row.confirmed_at is not None and row.expires_at > now]
    if not ready:
        return Claim()
    ready[0].claimed_at = now
    return Claim(
        open_session(
            session=session,
            runtime=runtime,
            identity=ready[0].identity,
            viewer=viewer,
            browser=browser,
            family=session_family(runtime, ready[0].id),
        )
    )


def session_family(runtime: Runtime, sign_in_id: int) -> str:
    """Return the family id that the widget's and the window's sessions of a sign-in share."""
    return runtime.keyed_hash("sign-in", str(sign_in_id))


def open_session(
    *,
    session: Session,
    runtime: Runtime,
    identity: t.Identity,
    viewer: Viewer | None = None,
    browser: str = "",
    family: str = "",
) -> str:
    """Open a session for an identity and return its token; merges the viewer's guest author."""
    if viewer is not None and viewer.is_guest and viewer.author_id is not None:
        _merge_guest(session, runtime, viewer.author_id, identity)
    days = runtime.settings.account_days
    return accounts.open_account_session(
        session, identity, now=runtime.now(), days=days, browser=browser, family=family
    )


def _merge_guest(session: Session, runtime: Runtime, guest_id: int, identity: t.Identity) -> None:
    """Merge the guest into the account, and re-screen comments that were held as a guest's."""
    held = rescreen.find_held(session, guest_id)
    merge_guest.merge_guest(
        session=session,
        runtime=runtime,
        guest_id=guest_id,
        author=identity.author,
        provider=identity.provider,
    )
    merged = select(t.Comment.id).where(
        t.Comment.id.in_(held), t.Comment.author_id == identity.author_id
    )
    if held:
        ids = list(session.scalars(merged))
        rescreen.rescreen(session=session, runtime=runtime, comment_ids=ids)
