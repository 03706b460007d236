"""WSGI middleware outside all others: answer a request that was answered a moment ago.

``web/front.py`` keeps answers by what they depend on, behind the middleware that reads the headers
of proxies and starts the background threads. This one keeps, for a second, what it sent for a
request with exactly the same words, so that a page that many read costs a few look-ups. Everything
that the layers behind it read of a request is part of the key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from comment_service.runtime import Runtime
from comment_service.storage.db.generations import Generations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_AGE = timedelta(seconds=1)
SENT = "comments.sent"
"""WSGI environment key: a list to which the front adds what it sends and would send again."""
_MAX_PEERS = 5000
_OVERHEAD = 2000
"""Bytes of memory that a kept response needs besides its body."""

Key = tuple[str | bool, ...]


@dataclass(frozen=True)
class Sent:
    """A response that is right for a second, as long as the words at its places stay the same."""

    route: str
    status: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    places: tuple[int, ...]
    words: tuple[int, ...]
    checked: datetime
    until: datetime


class RepeatedRequests:
    """Keeps what one process sent in the last second."""

    def __init__(
        self,
        app: "WSGIApplication",
        runtime: Runtime,
        generations: Generations,
        *,
        max_bytes: int,
        is_trusted: Callable[[str], bool],
        on_hit: Callable[[str], None],
    ) -> None:
        """Wrap ``app``; keep at most ``max_bytes`` of bodies.

        ``is_trusted`` tells whether the headers of a peer, by its address, are believed.
        ``on_hit`` is called with the route of each answer that is sent from here.
        """
        self._app = app
        self._now = runtime.now
        self._read = generations.read
        self._max_bytes = max_bytes
        self._is_trusted = is_trusted
        self._on_hit = on_hit
        self.clear()

    def clear(self) -> None:
        """Forget everything, for example in the child of a fork."""
        self._sent: dict[Key, Sent] = {}
        self._bytes = 0
        self._until: datetime | None = None  # when everything in ``_sent`` is too old
        self._peers: dict[str, bool] = {}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> "Iterable[bytes]":
        """Send what was sent a moment ago, or let the layers behind answer."""
        get = environ.get
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_FORWARDED" in environ:
            return self._app(environ, start_response)
        peer = get("REMOTE_ADDR") or ""
        trusted = self._peers.get(peer)
        if trusted is None:
            trusted = self._peer(peer)
        key = (
            get("PATH_INFO", ""), get("QUERY_STRING", ""), get("SCRIPT_NAME", ""),
            environ["wsgi.url_scheme"], get("HTTP_HOST", ""), get("HTTP_ORIGIN", ""),
            get("HTTP_ACCEPT_ENCODING", ""), get("HTTP_ACCEPT_LANGUAGE", ""),
            get("HTTP_IF_NONE_MATCH", ""), get("HTTP_X_FORWARDED_PROTO", ""),
            get("HTTP_X_FORWARDED_PREFIX", ""), trusted,
        )  # fmt: skip
        found = self._sent.get(key)
        if (
            found is None
            or not found.checked <= self._now() < found.until
            or self._read(found.places) != found.words
        ):
            return self._ask(key, environ, start_response)
        self._on_hit(found.route)
        start_response(found.status, list(found.headers))
        return [found.body] if found.body else []

    def _ask(
        self, key: Key, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> "Iterable[bytes]":
        """Let the layers behind answer; keep what the front says it would send again."""
        sent: list[Sent] = []
        environ[SENT] = sent
        body = self._app(environ, start_response)
        for one in sent:
            self._keep(key, one)
        return body

    def _keep(self, key: Key, one: Sent) -> None:
        if self._until is None or one.checked >= self._until or self._bytes > self._max_bytes:
            self._sent, self._bytes, self._until = {}, 0, one.until
        self._sent[key] = one
        self._bytes += _OVERHEAD + len(one.body)

    def _peer(self, peer: str) -> bool:
        """Return whether a peer is trusted, and remember it."""
        if len(self._peers) >= _MAX_PEERS:
            self._peers = {}
        self._peers[peer] = found = self._is_trusted(peer)
        return found
