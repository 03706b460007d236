"""A server that receives webhooks, and can fail, hang, redirect and restart."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from comment_service.cli.serve import free_port


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


Reply = Callable[[Received], int | tuple[int, dict[str, str], bytes]]


@dataclass
class Receiver:
    """Requests in the order of their arrival; ``reply`` decides about the answer."""

    port: int = field(default_factory=lambda: free_port("127.0.0.1"))
    got: list[Received] = field(default_factory=list)
    reply: Reply = lambda _received: 204
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(size).decode()
                if len(body.encode()) < size:  # the sender has given up while it sent
                    self.close_connection = True
                    return
                received = Received(self.command, self.path, dict(self.headers.items()), body)
                receiver.got.append(received)
                answer = receiver.reply(received)
                status, headers, content = (answer, {}, b"") if isinstance(answer, int) else answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = do_GET = take  # noqa: N815

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:  # the sender has given up waiting
                    self.close_connection = True

            def log_message(self, *_parts: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


def hanging(seconds: float) -> Reply:
    def reply(_received: Received) -> int:
        time.sleep(seconds)
        return 204

    return reply
