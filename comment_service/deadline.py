"""An end to every conversation with another server, however slowly it speaks.

A socket's own time-out counts anew with each byte; a server that sends one every few seconds would
hold us for ever. So the sockets that are opened within a ``deadline`` are shut down at its end.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests


class Watch:
    """The sockets of one conversation, and the timer that shuts them down."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._copies: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "Watch":
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        for copy in self._copies:
            copy.close()

    def add(self, opened: socket.socket) -> None:
        """Watch a socket; a copy, for TLS takes the original's place."""
        self._copies.append(opened.dup())

    def _end(self) -> None:
        self.over = True
        for copy in self._copies:
            with suppress(OSError):
                copy.shutdown(socket.SHUT_RDWR)


_current = threading.local()


@contextmanager
def deadline(seconds: float) -> Iterator[Watch]:
    """Let what is said within end after so many seconds; one within another is the outer one."""
    outer: Watch | None = getattr(_current, "watch", None)
    if outer is not None:
        yield outer
        return
    with Watch(seconds) as watch:
        _current.watch = watch
        try:
            yield watch
        finally:
            _current.watch = None


def watched(session: "requests.Session") -> None:
    """Have a session's connections watched by the deadline under which they are opened."""
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Watching:
        """Hands each new socket to the watch."""

        def _new_conn(self) -> socket.socket:
            opened: socket.socket = super()._new_conn()  # type: ignore[misc]
            watch: Watch | None = getattr(_current, "watch", None)
            if watch is not None:
                watch.add(opened)
            return opened

    def pool(kind: Any, connection: Any) -> Any:
        made = type(f"Watched{connection.__name__}", (Watching, connection), {})
        return type(f"Watched{kind.__name__}", (kind,), {"ConnectionCls": made})

    pools = {
        "http": pool(HTTPConnectionPool, HTTPConnection),
        "https": pool(HTTPSConnectionPool, HTTPSConnection),
    }
    for adapter in session.adapters.values():
        adapter.poolmanager.pool_classes_by_scheme = pools  # type: ignore[attr-defined]
