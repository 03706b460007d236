"""Somebody proven comes in: the identity is found or made, offered, confirmed and claimed once.

The widget stands on another website and its window on ours; no cookie and no message between them
can be relied on. So the widget keeps a verifier, the window its SHA-256 (the challenge); who was
proven in the window is given to whoever shows the verifier: PKCE (RFC 7636) between the two.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.comments import resolve_author
from comment_service.actions.readers import merge_guest, rescreen
from comment_service.actions.readers.set_name import fitting
from comment_service.errors import AlreadyDone, LinkSpent
from comment_service.identity import Person, Viewer, gravatar
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise
from comment_service.storage.readers import accounts

CLAIM_MINUTES = 5
"""How long a proven identity waits for its widget."""
PICTURE = "picture"
"""Kind of the outbox row that fetches an author's picture."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""None that is taken for another."""


@dataclass(frozen=True)
class Claimed:
    """What the widget gets: a token, "" as long as nobody is confirmed for its verifier."""

    token: str = ""


def challenge_of(verifier: str) -> str:
    """Return the challenge of a verifier: its SHA-256 in base64url without padding."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def code_of(challenge: str) -> str:
    """Return the four characters that widget and window both show, to be compared by eye."""
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
    """Return the identity of a person, new ones with their author.

    A new identity belongs to ``link_to``, else to who has proven the same address, else to a new
    author.

    Raises:
        AlreadyDone: it shall be linked, and belongs to another account.
    """
    address = person.email.lower()
    serialise(session, f"identity {site.id} {person.issuer} {person.subject}")
    serialise(session, f"address {site.id} {address}")
    identity = accounts.find_identity(session, site.id, person.issuer, person.subject)
    identity = identity or resolve_author.find_erased_identity(
        session, runtime, site.id, person.issuer, person.subject
    )
    if identity is None:
        known = accounts.who_proved(session, site.id, address) if address else None
        author = link_to or known or _new_author(session, runtime, site, person)
        identity = _new_identity(runtime, author, provider, person)
        session.add(identity)
        session.flush()
        about = {"provider": provider, "name": person.name}
        accounts.note(session, author, "identity added", about, now=runtime.now())
    elif link_to is not None and identity.author_id != link_to.id:
        raise AlreadyDone(
            "This belongs to another account here. Sign in with it and remove it there first."
        )
    _refresh(session, runtime, identity, person)
    return identity


def _new_author(session: Session, runtime: Runtime, site: t.Site, person: Person) -> t.Author:
    name = fitting(session, runtime, site.id, person.name)
    author = t.Author(site_id=site.id, name=name, url=person.url, created_at=runtime.now())
    session.add(author)
    session.flush()
    return author


def _new_identity(runtime: Runtime, author: t.Author, provider: str, person: Person) -> t.Identity:
    identity = t.Identity(site_id=author.site_id, provider=provider, created_at=runtime.now())
    identity.author, identity.issuer, identity.subject = author, person.issuer, person.subject
    return identity


def _refresh(session: Session, runtime: Runtime, identity: t.Identity, person: Person) -> None:
    """Note what the provider says today; a name that was chosen here stays."""
    author, now = identity.author, runtime.now()
    before, address = identity.email.lower(), person.email.lower()
    identity.name, identity.email, identity.used_at = person.name, person.email, now
    if before != address and before == author.proven_email and not _others(session, identity):
        author.proven_email = ""  # who has that mailbox next is somebody else
    if person.email and not author.proven_email:
        author.proven_email, author.email = person.email.lower(), person.email
    author.name = author.name or fitting(session, runtime, author.site_id, person.name)
    picture_url = person.picture_url
    if not picture_url and person.email and runtime.settings.gravatar:
        picture_url = gravatar.url_of(person.email)
    if picture_url and picture_url != identity.picture_url:
        identity.picture_url = picture_url
        outbox.put(session, PICTURE, {"identity_id": identity.id}, now)


def _others(session: Session, identity: t.Identity) -> bool:
    """Tell whether another identity of the author proves the address that one proved before."""
    proven = identity.author.proven_email
    every = accounts.identities(session, identity.author_id)
    return any(one.id != identity.id and one.email.lower() == proven for one in every)


def offer(*, session: Session, runtime: Runtime, identity: t.Identity, challenge: str) -> t.SignIn:
    """Keep a proven identity for the widget that asked; it still has to be confirmed."""
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
    """Let the widget have it: whoever signed in says that it was they who asked.

    Raises:
        LinkSpent: it is too old, or was claimed.
    """
    row = session.get(t.SignIn, sign_in_id, with_for_update=True)
    if row is None or row.claimed_at is not None or row.expires_at <= runtime.now():
        raise LinkSpent("That took too long. Start again on the page where you wanted to comment.")
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
) -> Claimed:
    """Give the widget its token, once; a guest's comments and likes go over to the account.

    Raises:
        LinkSpent: it was claimed before.
    """
    now, challenge = runtime.now(), challenge_of(verifier)
    serialise(session, f"claim {site.id} {challenge}")
    rows = accounts.sign_ins(session, site.id, challenge)
    if any(row.claimed_at is not None for row in rows):
        raise LinkSpent("This sign-in was used already. Start it again.")
    ready = [row for row in rows if row.confirmed_at is not None and row.expires_at > now]
    if not ready:
        return Claimed()
    ready[0].claimed_at = now
    return Claimed(
        open_for(
            session=session,
            runtime=runtime,
            identity=ready[0].identity,
            viewer=viewer,
            browser=browser,
            family=family_of(runtime, ready[0].id),
        )
    )


def family_of(runtime: Runtime, sign_in_id: int) -> str:
    """Return what the sessions of a sign-in share, in the widget and in the window."""
    return runtime.keyed_hash("sign-in", str(sign_in_id))


def open_for(
    *,
    session: Session,
    runtime: Runtime,
    identity: t.Identity,
    viewer: Viewer | None = None,
    browser: str = "",
    family: str = "",
) -> str:
    """Open a session of somebody proven and return its token; who was a guest is one no more."""
    if viewer is not None and viewer.is_guest and viewer.author_id is not None:
        _take_over(session, runtime, viewer.author_id, identity)
    days = runtime.settings.account_days
    return accounts.open_account(
        session, identity, now=runtime.now(), days=days, browser=browser, family=family
    )


def _take_over(session: Session, runtime: Runtime, guest_id: int, identity: t.Identity) -> None:
    """Give the account what the guest has; what waited for want of a name is looked at again."""
    held = rescreen.waiting(session, guest_id)
    merge_guest.adopt(
        session=session,
        runtime=runtime,
        guest_id=guest_id,
        author=identity.author,
        provider=identity.provider,
    )
    theirs = select(t.Comment.id).where(
        t.Comment.id.in_(held), t.Comment.author_id == identity.author_id
    )
    if held:
        ids = list(session.scalars(theirs))
        rescreen.look_again(session=session, runtime=runtime, comment_ids=ids)
