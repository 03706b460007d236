"""WSGI middleware: let what the front asks for read from the replica, else from the primary.

The front (``web/front.py``) asks for what is the same for every reader, without cookies. Such a
request may be answered twice: if the replica fails meanwhile, the primary is read instead.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from comment_service.storage.db.postgresql.replica import Replica
from comment_service.web.http.shared_cache import REPLY

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ReplicaReads:
    """Offers the replica to the requests of the front."""

    def __init__(
        self, app: "WSGIApplication", replica: Replica, *, on_read: Callable[[str], None]
    ) -> None:
        """Wrap ``app``; ``on_read`` is called with the server that each answer was read from."""
        self._app = app
        self._replica = replica
        self._on_read = on_read

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request; its body is complete before anything is sent."""
        if REPLY not in environ:
            return self._app(environ, start_response)
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start(
            status: str, headers: list[tuple[str, str]], _info: "OptExcInfo | None" = None
        ) -> Callable[[bytes], object]:
            begun.append((status, headers))
            return lambda _data: None

        with self._replica.reads() as reads:
            body = self._app(environ, start)
        if reads.failed:
            close: Callable[[], None] | None = getattr(body, "close", None)
            if close is not None:
                close()
            self._on_read("primary")
            return self._app(environ, start_response)
        if reads.chosen:
            self._on_read("replica" if reads.engine is not None else "primary")
        start_response(*begun[-1])
        return body
