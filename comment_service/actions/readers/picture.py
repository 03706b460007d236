"""Store an author's picture and update the pages that show it."""

import hashlib

from sqlalchemy.orm import Session

from comment_service.identity import gravatar
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.readers import accounts


def store_picture(
    *, session: Session, runtime: Runtime, identity_id: int, url: str, body: bytes, media_type: str
) -> None:
    """Store the picture from an identity's ``url``; b"" means that there was none.

    After a failure the next sign-in tries again; Gravatar is asked only once.
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
        threads.bump_revision(session, page_id)
