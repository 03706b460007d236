"""Absolute URLs of the service: from the public URL, not from a forgeable Host header."""

from urllib.parse import urlsplit

from flask import g, request, url_for

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session
from comment_service.text import addresses
from comment_service.text.origins import is_registered
from comment_service.web.http.context import runtime

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def external_url_for(endpoint: str, **values: object) -> str:
    """Return the absolute URL of an endpoint."""
    return own_origin() + url_for(endpoint, **values)  # type: ignore[arg-type]


def own_origin() -> str:
    """Return the origin under which browsers reach the service.

    Without a public URL it comes from the Host header. If that names neither this machine nor a
    registered site, the response must not be kept by a shared cache (``uses_unknown_host``).
    """
    public = runtime().settings.public_url
    if public:
        parts = urlsplit(public)
        return f"{parts.scheme}://{parts.netloc}"
    if not is_known_host():
        g.comments_unknown_host = True
    return request.host_url.rstrip("/")


def is_known_host() -> bool:
    """Return True if the Host header names this machine or the host of a registered origin."""
    name = urlsplit(request.host_url).hostname or ""
    if _is_loopback():
        return True
    origins = {origin for site in sites.all_sites(session()) for origin in site.origins}
    return is_registered(f"//{name}", (f"//{urlsplit(origin).hostname}" for origin in origins))


def uses_unknown_host() -> bool:
    """Return True if this response contains a URL that was made from an unverified Host header."""
    return bool(g.get("comments_unknown_host"))


def is_own_origin(origin: str) -> bool:
    """Return True if an origin is the service's own: its public URL, or the host's when embedded.

    Otherwise the Host header is not trusted.
    """
    settings, embedded = runtime().settings, runtime().embedded
    candidates = [settings.public_url] if settings.public_url else []
    if embedded and (not candidates or _is_loopback()):
        candidates.append(request.host_url)
    try:
        return origin in {addresses.origin(url) for url in candidates}
    except ValueError:
        return False


def _is_loopback() -> bool:
    name = urlsplit(request.host_url).hostname or ""
    return name in _LOOPBACK or name.endswith(".localhost")
