"""Request threads for waitress and granian: readers and writers wait in queues of their own.

Writers wait for the database's only write lock. With one queue, 200 people who post would keep
every thread, and nobody could read.
"""

from collections.abc import Iterable
from io import BytesIO
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher, WSGITask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

READING = {"GET", "HEAD", "OPTIONS"}
MAX_WAITING_WRITERS = 200
"""Writers beyond this are answered at once with 503, and get their text back."""
PATIENCE_SECONDS = 10.0
"""Longest wait of a writer for a thread; whoever waits longer is answered with 503, too."""
BUSY = "comments.busy"
"""WSGI environment key of a request that is answered with 503."""


_LONG_ANSWER = 1 << 18
"""Unsent bytes of an answer that a request thread does not send in one go."""


class _Task(WSGITask):  # type: ignore[misc]
    """A request whose connection ends with its answer once the server accepts no more.

    Without this, a client that sends one request after another would keep a server that ends from
    ending, and lose the last one.
    """

    def build_response_header(self) -> bytes:
        """Return the head of the answer; say there that the connection ends."""
        if not self.channel.server.accepting:
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection of waitress that lets the request thread that is sending send.

    Waitress asks to be told when a connection with unsent bytes can take them, which is at once, so
    its main thread would run in circles, holding the interpreter's lock, until the request thread
    that has these bytes in its hands gets that lock: ten times fewer requests per second.
    """

    task_class = _Task

    def writable(self) -> bool:
        """Return True if bytes wait and no request thread is about to send them.

        That thread wakes the main thread after its request if it has left some. Of a long answer it
        leaves many, and it waits for the main thread to send them.
        """
        if 0 < self.total_outbufs_len < _LONG_ANSWER:
            if not self.outbuf_lock.acquire(False):
                return False
            self.outbuf_lock.release()
        return bool(super().writable())


class SplitDispatcher:
    """Two waitress dispatchers: one for requests that read, one for those that write."""

    def __init__(self, threads: int) -> None:
        writers = max(1, threads * 3 // 8)
        self._reads, self._writes = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        for dispatcher, number in (
            (self._reads, max(1, threads - writers)),
            (self._writes, writers),
        ):
            dispatcher.queue_logger.disabled = True  # it logs a line for every waiting request
            dispatcher.set_thread_count(number)

    def add_task(self, channel: Any) -> None:
        """Enqueue a connection's next request."""
        request = channel.requests[0]
        channel.comments_came = monotonic()
        if request.error is None and request.command not in READING:
            channel.comments_busy = len(self._writes.queue) >= MAX_WAITING_WRITERS
            if not channel.comments_busy:
                self._writes.add_task(channel)
                return
        self._reads.add_task(channel)

    def set_thread_count(self, _count: int) -> None:
        """Keep the numbers of the constructor; waitress calls this with 0 to stop."""

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """Stop the threads once they have answered their current request."""
        done = [part.shutdown(cancel_pending, timeout) for part in (self._writes, self._reads)]
        return all(done)


def mark_busy(app: "WSGIApplication") -> "WSGIApplication":
    """Wrap an app so that it learns which requests came while too many writers waited.

    Or waited too long: those before them may have waited for a database that does not answer.
    """

    def wrapped(environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        channel = getattr(environ.get("waitress.client_disconnected"), "__self__", None)
        came: float = getattr(channel, "comments_came", 0.0)
        late = came and monotonic() - came > PATIENCE_SECONDS
        if late or getattr(channel, "comments_busy", False):
            environ[BUSY] = True
        return app(environ, start_response)

    return wrapped


_MAX_BUFFERED = 1 << 20
"""Largest body, in bytes, that is read before a writer's turn; a larger one is refused anyway."""


class WriterGate:
    """WSGI middleware for a server with one pool of threads: keep threads free for readers.

    A few writers run, others wait for their turn, and those beyond are answered with 503. So are
    those who wait longer than ``patience`` seconds.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        running: int,
        waiting: int,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._app, self._patience = app, patience
        self._turns = BoundedSemaphore(running)
        self._most = running + waiting
        self._inside = 0
        self._lock = Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle a request."""
        if environ["REQUEST_METHOD"] in READING:
            return self._app(environ, start_response)
        with self._lock:
            is_full = self._inside >= self._most
            self._inside += not is_full
        if is_full:
            environ[BUSY] = True
            return self._app(environ, start_response)
        try:
            _read_body(environ)
            if not self._turns.acquire(timeout=self._patience):
                environ[BUSY] = True
                return self._app(environ, start_response)
            try:
                return self._app(environ, start_response)
            finally:
                self._turns.release()
        finally:
            with self._lock:
                self._inside -= 1


def _read_body(environ: "WSGIEnvironment") -> None:
    """Read a body before the turn, so that a slow client does not hold one."""
    length = environ.get("CONTENT_LENGTH", "")
    if length.isdecimal() and int(length) <= _MAX_BUFFERED:
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))
