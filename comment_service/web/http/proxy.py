"""Believe a reverse proxy's headers only where the peer is one that the owner named."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class TrustedProxies:
    """WSGI middleware: X-Forwarded-For and -Proto count from configured peers alone."""

    def __init__(self, app: "WSGIApplication", peers: Sequence[str]) -> None:
        self._app = app
        self._fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=0)
        self._peers = frozenset(peers)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request, with the client's address where a known proxy names it."""
        known = environ.get("REMOTE_ADDR") in self._peers
        return (self._fixed if known else self._app)(environ, start_response)
