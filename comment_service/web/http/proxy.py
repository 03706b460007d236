"""Work out the client's address, the scheme, the host and the path behind reverse proxies.

One place for all of it: configured proxies (``COMMENTS_TRUSTED_PROXIES``) are believed and others
are not; the public URL (``COMMENTS_PUBLIC_URL``) gives host, scheme and path prefix.
"""

import ipaddress
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from comment_service.config.proxies import UNIX, Network, parse_networks
from comment_service.runtime import Runtime
from comment_service.text.sentences import staff_sentence

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)
HOST_PROXY_FIX = "werkzeug.proxy_fix.orig"
"""WSGI environment key that Werkzeug's ProxyFix sets: a host has handled the headers already."""

SENT_HOST = "comments.sent_host"
"""WSGI environment key: the Host header as it was sent."""

_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
_FORWARDED_PAIR = re.compile(r'\s*([A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^;,"]*)\s*')

_LONGEST_HOST = 300
_LONGEST_ADDRESS = 100
"""Characters of a header that is looked at, so that the caches of parsed headers stay small."""

Routes = Callable[[str, str], bool]
"""Returns True if a path is a route of the service for an HTTP method."""


def untrusted_proxy_warning(state: Runtime) -> str:
    """Return a sentence that says which proxy to configure, "" if none was seen."""
    if not state.untrusted_proxy:
        return ""
    return staff_sentence(
        "Requests come through a proxy at %(proxy)s that is not trusted, so all readers share one "
        "address and one limit. Set COMMENTS_TRUSTED_PROXIES=%(proxy)s and restart.",
        proxy=state.untrusted_proxy,
    )


def note_untrusted_proxy(state: Runtime, peer: str) -> None:
    """Remember and log, once per process, that a proxy on this network is not configured.

    Anyone on the internet can send such headers; only a peer on a private network is a proxy.
    """
    address = _address(peer)
    if state.untrusted_proxy or not (peer == UNIX or (address and address.is_private)):
        return
    state.untrusted_proxy = peer
    _log.warning(
        "requests come through a proxy at %s that is not trusted, so all readers count as one; "
        "set COMMENTS_TRUSTED_PROXIES=%s",
        peer,
        peer,
    )


class ProxyHeaders:
    """WSGI middleware that rewrites the environment as the browser sees the service."""

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        trusted: Sequence[str],
        public_url: str,
        is_route: Routes,
        on_untrusted: Callable[[str], None],
    ) -> None:
        """Wrap ``app``.

        Args:
            app: the service.
            trusted: networks of trusted proxies, ``unix:`` for a Unix socket.
            public_url: URL under which browsers reach the service, "" if unknown.
            is_route: tells a path below the public URL's prefix from one without the prefix.
            on_untrusted: called with the peer's address if it sends headers but is not trusted.
        """
        self._app = app
        self._networks = parse_networks(trusted)
        self._public = urlsplit(public_url.rstrip("/")) if public_url else None
        self._is_route = is_route
        self._on_untrusted = on_untrusted

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle a request."""
        environ.setdefault(SENT_HOST, environ.get("HTTP_HOST", ""))
        peer = _peer(environ.get("REMOTE_ADDR") or "")
        trusted = is_trusted(peer, self._networks)
        if trusted:
            self._believe(environ, peer)
        else:
            environ["REMOTE_ADDR"] = peer
            environ.pop("HTTP_X_REQUEST_ID", None)
            if _has_headers(environ) and HOST_PROXY_FIX not in environ:
                self._on_untrusted(peer)
        self._apply_public_url(environ, trusted=trusted)
        if not is_host(environ.get("HTTP_HOST", "localhost")):
            answer = Response("The Host header is no host name.\n", 400)
            return answer(environ, start_response)
        return self._app(environ, start_response)

    def trusts(self, remote_address: str) -> bool:
        """Return True if the headers of a connection from an address are believed."""
        return is_trusted(_peer(remote_address), self._networks)

    def _believe(self, environ: "WSGIEnvironment", peer: str) -> None:
        """Take address, scheme and prefix from the headers of a trusted proxy."""
        environ["REMOTE_ADDR"] = client_address(
            peer,
            environ.get("HTTP_X_FORWARDED_FOR", ""),
            environ.get("HTTP_FORWARDED", ""),
            self._networks,
        )
        scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
        if not scheme:
            scheme = _last(environ.get("HTTP_FORWARDED", ""), "proto").lower()
        if scheme in {"http", "https"}:
            environ["wsgi.url_scheme"] = scheme
        prefix = environ.get("HTTP_X_FORWARDED_PREFIX", "").rpartition(",")[2].strip().rstrip("/")
        if prefix.startswith("/") and not prefix.startswith("//") and self._public is None:
            self._mount(environ, prefix)

    def _apply_public_url(self, environ: "WSGIEnvironment", *, trusted: bool) -> None:
        """Let links and cookies have the host, the scheme and the path of the public URL."""
        if self._public is None:
            return
        if trusted:
            environ["HTTP_HOST"] = self._public.netloc
        if environ.get("HTTP_HOST", "").lower() == self._public.netloc.lower():
            environ["wsgi.url_scheme"] = self._public.scheme
        if self._public.path:
            self._mount(environ, self._public.path)

    def _mount(self, environ: "WSGIEnvironment", prefix: str) -> None:
        """Make ``prefix`` the script root, whether the proxy has stripped it from the path or not.

        A path that begins with the prefix can also be a route of its own: below ``/comments``,
        ``/comments/5/edit`` is one if the proxy strips the prefix.
        """
        path = environ.get("PATH_INFO", "")
        if not environ.get("SCRIPT_NAME") and (path == prefix or path.startswith(f"{prefix}/")):
            rest, method = path[len(prefix) :] or "/", environ.get("REQUEST_METHOD", "GET")
            if self._is_route(rest, method) or not self._is_route(path, method):
                environ["PATH_INFO"] = rest
        environ["SCRIPT_NAME"] = prefix


def is_host(header: str) -> bool:
    """Return True if a Host header is a host name or an address, with or without a port."""
    return len(header) <= _LONGEST_HOST and _is_host(header)


@lru_cache(maxsize=1000)
def _is_host(header: str) -> bool:
    match = _HOST.fullmatch(header)
    return match is not None and all(map(_is_label, match.group(1).split(".")))


def _is_label(label: str) -> bool:
    """Return True for a part of a host name; Werkzeug fails on one that is broken Punycode."""
    if len(label) > 63:
        return False
    if not label.lower().startswith("xn--"):
        return True
    try:
        text = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return False
    return any(letter.isalnum() and not letter.isascii() for letter in text)


def _peer(remote_address: str) -> str:
    """Return the address of a connection, ``unix:`` for a Unix socket.

    For a socket, servers write "", "<local>" or a path.
    """
    return remote_address if _address(remote_address) else UNIX


def is_trusted(peer: str, networks: Sequence[Network]) -> bool:
    """Return True if an address, or ``unix:``, is a trusted proxy."""
    if peer == UNIX:
        return UNIX in networks
    address = _address(peer)
    return address is not None and any(
        address in network for network in networks if not isinstance(network, str)
    )


def client_address(
    peer: str, forwarded_for: str, forwarded: str, networks: Sequence[Network]
) -> str:
    """Return the client's address: the last one that no trusted proxy has.

    Each proxy appends the address that it was asked by, so the list is walked from the right over
    trusted proxies. Everything further left can be forged. If both headers are there, the proxy
    passes on one that the client wrote; neither is believed then.

    Args:
        peer: the address of the connection, which is trusted.
        forwarded_for: the X-Forwarded-For header.
        forwarded: the Forwarded header (RFC 7239).
        networks: the trusted proxies.
    """
    if forwarded_for and forwarded:
        return peer
    hops = forwarded_for.split(",") if forwarded_for else _values(forwarded, "for")
    client = peer
    for hop in reversed(hops):
        address = _address(hop)
        if address is None:  # "unknown" or an obfuscated name: nothing before it can be checked
            return client
        client = str(address)
        if not is_trusted(client, networks):
            return client
    return client


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address of a hop, written with or without port, brackets and quotes."""
    return _parsed_address(text) if len(text) <= _LONGEST_ADDRESS else None


@lru_cache(maxsize=5000)
def _parsed_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = text.strip().strip('"').strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _values(header: str, name: str) -> list[str]:
    """Return a parameter's values in a Forwarded header, one per hop ("" if a hop has none)."""
    hops: list[str] = []
    for element in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', header):
        pairs = {key.lower(): value.strip('"') for key, value in _FORWARDED_PAIR.findall(element)}
        hops.append(pairs.get(name, ""))
    return hops if header else []


def _last(header: str, name: str) -> str:
    values = _values(header, name)
    return values[-1] if values else ""


def _has_headers(environ: "WSGIEnvironment") -> bool:
    return "HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ
