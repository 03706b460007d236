"""A blocked author who had everything erased comes back: the block is there still.

Of what they were known by, a hash stays for as long as the block does.
"""

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage.readers import accounts
from comment_service.storage.tables import Identity


def unnamed(runtime: Runtime, issuer: str, subject: str) -> str:
    """Return what is kept of the subject of a blocked author who had everything erased."""
    return f"erased {runtime.keyed_hash('erased identity', f'{issuer} {subject}')}"


def find(
    session: Session, runtime: Runtime, site_id: int, issuer: str, subject: str
) -> Identity | None:
    """Return the identity of somebody who was erased while blocked; their account opens again."""
    kept = unnamed(runtime, issuer, subject)
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
