"""An author's picture is kept, and shown on every page where they wrote or liked."""

import hashlib

from sqlalchemy.orm import Session

from comment_service.identity import gravatar
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.readers import accounts


def keep(
    *, session: Session, runtime: Runtime, identity_id: int, url: str, body: bytes, media_type: str
) -> None:
    """Keep the picture that stood at an identity's ``url``; b"" where there was none.

    Of an address that was of no use the next sign-in asks again; Gravatar is asked once.
    """
    identity = session.get(t.Identity, identity_id)
    if identity is None or identity.picture_url != url or identity.author.erased_at is not None:
        return
    if not body:
        identity.picture_url = url if url.startswith(gravatar.SITE) else ""
        return
    author = identity.author
    tag = hashlib.sha256(body).hexdigest()[:32]
    row = t.Picture(author_id=author.id, media_type=media_type, body=body)
    row.fetched_at = runtime.now()
    session.merge(row)
    if author.picture == tag:
        return
    author.picture = tag
    session.flush()
    for page_id in accounts.pages_of(session, author.id):
        threads.touch(session, page_id)
