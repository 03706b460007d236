"""Have an author's picture fetched, store it, and update the pages that show it."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from comment_service.identity import gravatar
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.db import outbox
from comment_service.storage.readers import accounts

PICTURE = "picture"
"""Outbox kind: fetch the picture of an identity."""
SPACING = timedelta(seconds=1)
"""Time between two pictures of an import, so that no server gets many requests at once."""


def request_picture(
    *,
    session: Session,
    runtime: Runtime,
    identity: t.Identity,
    url: str,
    due: datetime | None = None,
) -> None:
    """Have the picture at ``url`` fetched, for an identity that has been stored."""
    identity.picture_url = url
    outbox.enqueue(session, PICTURE, {"identity_id": identity.id}, runtime.now(), due)


def request_imported_pictures(
    *, session: Session, runtime: Runtime, urls: Iterable[tuple[t.Identity, str]]
) -> None:
    """Have the pictures of imported authors fetched in turn, after those that wait already."""
    now = runtime.now()
    due = max(now, outbox.last_due(session, PICTURE) or now)
    for identity, url in urls:
        due += SPACING
        request_picture(session=session, runtime=runtime, identity=identity, url=url, due=due)


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
