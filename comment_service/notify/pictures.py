"""Fetch an author's picture once, in the worker, so that readers make no third-party requests."""

import logging
from collections.abc import Mapping

from comment_service import fetching
from comment_service.actions.readers import picture
from comment_service.notify import redraw_picture
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Identity

MAX_BYTES = 2 * 1024 * 1024
"""Maximum size of a downloaded picture in bytes."""

_log = logging.getLogger(__name__)


def deliver(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Fetch and store the picture of an identity; on failure the identicon stays.

    A failed download is not retried: the next sign-in enqueues the picture again.
    """
    identity_id = payload["identity_id"]
    identity = session().get(Identity, identity_id)
    url = identity.picture_url if identity is not None else ""
    session().rollback()  # close the transaction before contacting another server
    if not url:
        return
    try:
        body = redraw_picture.redraw(fetch_picture(url))
    except (fetching.FetchError, ValueError) as error:
        _log.info("no picture for identity %s: %s", identity_id, error)
        body = b""
    with transaction() as current:
        picture.store_picture(
            session=current,
            runtime=runtime,
            identity_id=int(str(identity_id)),
            url=url,
            body=body,
            media_type=redraw_picture.MEDIA_TYPE,
        )


def fetch_picture(url: str) -> bytes:
    """Return the content of a public URL.

    Raises:
        fetching.FetchError: no content, too much content, or the URL is not public.
    """
    with fetching.guarded_session(most=MAX_BYTES) as client:
        answer, _on_the_way = fetching.follow_redirects(client, url, headers={"Accept": "image/*"})
    if answer.status_code != 200:
        raise fetching.FetchError(f"The other server answered {answer.status_code}.")
    return answer.content
