"""Notice which pages ask for comments, by the headers that browsers send."""

import logging
from urllib.parse import urlsplit

from flask import request, url_for

from comment_service.actions.admin import embed_origins
from comment_service.storage.db.session import StorageError, session, transaction
from comment_service.text import addresses
from comment_service.web.http.context import runtime

_log = logging.getLogger(__name__)
_REMEMBERED = 1000
"""Origins that a process remembers, so that most requests need no query."""
_LONGEST_ORIGIN = 300


def note(site_id: int, url: str) -> None:
    """Keep that a page asked for comments, if a browser on that page sent this request.

    Ends the session's transaction. A database that cannot store it does not stop the answer.
    """
    origin = addresses.origin(url)
    if not _is_sent_from(origin) or len(origin) > _LONGEST_ORIGIN:
        return
    state = runtime()
    now, noted = state.now(), state.noted_embeds
    last = noted.get((site_id, origin))
    if last is not None and now - last < embed_origins.AGAIN:
        return
    if len(noted) >= _REMEMBERED:
        noted.clear()
    noted[(site_id, origin)] = now
    try:
        if embed_origins.is_news(session=session(), runtime=state, site_id=site_id, origin=origin):
            with transaction() as current:
                embed_origins.note(
                    session=current, runtime=state, site_id=site_id, origin=origin, url=url
                )
    except StorageError as error:
        _log.warning("could not note the origin of a page: %s", error)


def _is_sent_from(origin: str) -> bool:
    """Return True if the request comes from a page of this origin, not from a moderation page."""
    sent = request.headers.get("Origin") or request.referrer or ""
    try:
        path = urlsplit(request.referrer or "").path
        own = path.startswith(url_for("moderation.queue"))
        return addresses.origin(sent) == origin and not own
    except ValueError:  # such as "null"
        return False
