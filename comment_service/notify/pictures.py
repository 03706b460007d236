"""Fetches an author's picture once, by the worker, so that no reader ever asks a third party."""

import logging
from collections.abc import Mapping

from comment_service import fetching
from comment_service.actions.readers import picture
from comment_service.notify import redraw_picture
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Identity

MOST = 2 * 1024 * 1024
"""Bytes of a picture as it comes."""

_log = logging.getLogger(__name__)


def deliver(runtime: Runtime, payload: Mapping[str, object]) -> None:
    """Fetch and keep the picture of an identity; where that fails, the identicon stays.

    It is not tried again by itself: the next sign-in asks again where the address was of no use.
    """
    identity_id = payload["identity_id"]
    identity = session().get(Identity, identity_id)
    url = identity.picture_url if identity is not None else ""
    session().rollback()  # no transaction is open while another server is spoken with
    if not url:
        return
    try:
        body = redraw_picture.drawn_anew(fetched(url))
    except (fetching.FetchError, ValueError) as error:
        _log.info("no picture for identity %s: %s", identity_id, error)
        body = b""
    with transaction() as current:
        picture.keep(
            session=current,
            runtime=runtime,
            identity_id=int(str(identity_id)),
            url=url,
            body=body,
            media_type=redraw_picture.MEDIA_TYPE,
        )


def fetched(url: str) -> bytes:
    """Return what stands at a public address.

    Raises:
        fetching.FetchError: nothing, too much, or the address is none of the public web's.
    """
    with fetching.guarded(most=MOST) as asking:
        answer, _on_the_way = fetching.follow(asking, url, headers={"Accept": "image/*"})
    if answer.status_code != 200:
        raise fetching.FetchError(f"The other server answered {answer.status_code}.")
    return answer.content
