"""Register passkeys and sign in with them; each challenge can be used once."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.readers import sign_in
from comment_service.errors import AlreadyDone, LinkExpired
from comment_service.identity import Person, ProviderError
from comment_service.identity import passkey as keys
from comment_service.identity.passkey import PASSKEY, Ceremony
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.db.session import serialise
from comment_service.storage.db.tokens import hash_token
from comment_service.storage.readers import accounts
from comment_service.text.sentences import sentence

MINUTES = 60
"""How long a used challenge is remembered; the sign-in that has it expires earlier."""


def add(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    ceremony: Ceremony,
    answer: str,
    name: str,
    link_to: t.Author | None,
) -> Person:
    """Store a new passkey, for a new account or for ``link_to``; return the person.

    Raises:
        ProviderError: the passkey was not made for this challenge and origin.
        LinkExpired: the challenge was used before.
        AlreadyDone: the passkey is stored already.
    """
    key = keys.verify_registration(ceremony, answer)
    _spend(session, runtime, ceremony)
    _require_new(session, site, key.subject)
    person = Person(PASSKEY, key.subject, name=name)
    identity = sign_in.prove(
        session=session,
        runtime=runtime,
        site=site,
        provider=PASSKEY,
        person=person,
        link_to=link_to,
    )
    row = t.Passkey(identity_id=identity.id, credential_id=key.credential_id)
    row.public_key, row.sign_count = key.public_key, key.count
    row.transports = list(key.transports)
    session.add(row)
    session.flush()
    return person


def _require_new(session: Session, site: t.Site, subject: str) -> None:
    """Refuse a credential id that is stored already: ids are public, so anyone can send one.

    Raises:
        AlreadyDone: it is stored.
    """
    serialise(session, f"identity {site.id} {PASSKEY} {subject}")
    if accounts.find_identity(session, site.id, PASSKEY, subject) is not None:
        raise AlreadyDone("This passkey is already saved here. Sign in with it.")


def use(
    *, session: Session, runtime: Runtime, site: t.Site, ceremony: Ceremony, answer: str
) -> Person:
    """Verify a passkey and return its person.

    Raises:
        ProviderError: the passkey is unknown, or its answer does not match challenge and origin.
        LinkExpired: the challenge was used before.
    """
    subject = keys.subject_of(keys.claimed_credential_id(answer))
    identity = accounts.find_identity(session, site.id, PASSKEY, subject)
    number = identity.id if identity is not None else 0
    row = session.get(t.Passkey, number, with_for_update=True)
    if identity is None or row is None:
        raise ProviderError(sentence("Unknown passkey. Create one, or sign in another way."))
    key = keys.Key(row.credential_id, row.public_key, row.sign_count)
    row.sign_count = keys.verify_authentication(ceremony, key, answer)
    _spend(session, runtime, ceremony)
    session.flush()
    return Person(PASSKEY, subject, name=identity.name)


def _spend(session: Session, runtime: Runtime, ceremony: Ceremony) -> None:
    """Mark a challenge as used.

    Raises:
        LinkExpired: it was used before.
    """
    challenge_hash = hash_token(f"passkey {ceremony.challenge}")
    serialise(session, challenge_hash)
    if session.scalar(select(t.Ticket.id).where(t.Ticket.token_hash == challenge_hash)) is not None:
        raise LinkExpired("This sign-in was already used. Start again.")
    now = runtime.now()
    expires = now + timedelta(minutes=MINUTES)
    row = t.Ticket(token_hash=challenge_hash, purpose=PASSKEY, created_at=now, expires_at=expires)
    row.used_at, row.about = now, {}
    session.add(row)
    session.flush()
