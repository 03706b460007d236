"""Enforce a total time limit on requests to other servers.

A socket timeout restarts with each byte, so a server that sends one byte every few seconds could
block us forever. All sockets opened within a ``deadline`` are therefore shut down at its end.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests


class SocketWatchdog:
    """The sockets opened within one deadline, and the timer that shuts them down."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._copies: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "SocketWatchdog":
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
        """Add a socket; a duplicate is kept, because TLS replaces the original."""
        self._copies.append(opened.dup())

    def _end(self) -> None:
        self.over = True
        for copy in self._copies:
            with suppress(OSError):
                copy.shutdown(socket.SHUT_RDWR)


_current = threading.local()


@contextmanager
def deadline(seconds: float) -> Iterator[SocketWatchdog]:
    """End all requests in this block after ``seconds``; a nested block uses the outer deadline."""
    outer: SocketWatchdog | None = getattr(_current, "watch", None)
    if outer is not None:
        yield outer
        return
    with SocketWatchdog(seconds) as watch:
        _current.watch = watch
        try:
            yield watch
        finally:
            _current.watch = None


def watch_connections(session: "requests.Session") -> None:
    """Make a session register its new connections with the current deadline."""
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Watching:
        """Registers each new socket with the current deadline."""

        def _new_conn(self) -> socket.socket:
            opened: socket.socket = super()._new_conn()  # type: ignore[misc]
            watch: SocketWatchdog | None = getattr(_current, "watch", None)
            if watch is not None:
                watch.add(opened)
            return opened

    def pool(kind: Any, connection: Any) -> Any:
        subclass = type(f"Watched{connection.__name__}", (Watching, connection), {})
        return type(f"Watched{kind.__name__}", (kind,), {"ConnectionCls": subclass})

    pools = {
        "http": pool(HTTPConnectionPool, HTTPConnection),
        "https": pool(HTTPSConnectionPool, HTTPSConnection),
    }
    for adapter in session.adapters.values():
        adapter.poolmanager.pool_classes_by_scheme = pools  # type: ignore[attr-defined]
