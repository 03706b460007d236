"""Webmentions (W3C): take one that is sent. The worker checks its source."""

from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from comment_service.errors import RateLimited, WebmentionRefused
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rules
from comment_service.storage.comments import webmentions
from comment_service.storage.db.session import serialise
from comment_service.text.addresses import page_key

MAX_URL = 2000
_FULL = "There are too many Webmentions at the moment. Send it again in an hour."


def require_source(source: str, target: str) -> None:
    """Check the addresses of a Webmention.

    Raises:
        WebmentionRefused: the source is no http(s) URL, or it is the target.
    """
    try:
        parts = urlsplit(source)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
        valid = valid and parts.port != 0
        is_same = page_key(source) == page_key(target)
    except ValueError:
        valid = is_same = False
    if not valid or len(source.encode()) > MAX_URL or set(source) & set(' \t\r\n<>"\\'):
        raise WebmentionRefused("source must be an http:// or https:// address.")
    if is_same:
        raise WebmentionRefused("source and target must be different pages.")


def receive(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    source: str,
    target: str,
    network: str,
) -> t.Webmention:
    """Queue a Webmention to be checked by the worker. Idempotent.

    Args:
        session: a transaction that writes.
        runtime: the app's state.
        site: the site of the target.
        source: the page that links to the target.
        target: the address of a page of the site, or of a comment on it, as it was sent.
        network: the keyed hash of the sender's network.

    Raises:
        WebmentionRefused: the site takes none, or the addresses are wrong.
        RateLimited: too many wait, or pages of the source's host sent too many for the page.
    """
    if not rules.of_site(runtime.settings, site).webmentions:
        raise WebmentionRefused("This site takes no Webmentions.")
    require_source(source, target)
    serialise(session, f"webmentions {site.id}")
    row = webmentions.find(session, site.id, source, target)
    now = runtime.now()
    if row is None:
        if webmentions.is_full(session, site.id, source, target):
            raise RateLimited(_FULL, retry_after=3600)
        _require_room(session, site)
        row = webmentions.new(session, site.id, source, target, now)
    elif row.state != webmentions.ERASED:
        if row.due_at is None:
            _require_room(session, site)
        row.source, row.target, row.host = source, target, webmentions.host_of(source)
        row.due_at = now
    row.network = network if row.due_at is not None else ""
    return row


def _require_room(session: Session, site: t.Site) -> None:
    if webmentions.is_queue_full(session, site.id):
        raise RateLimited(_FULL, retry_after=3600)
