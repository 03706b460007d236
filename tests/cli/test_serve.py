"""``serve``: which server runs, how it ends, and how writers leave threads to readers."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from time import monotonic
from types import MethodType, SimpleNamespace
from typing import Any

import pytest
import requests
from flask import Flask, Response
from waitress.channel import HTTPChannel

from comment_service.cli import granian_server
from comment_service.cli.dispatcher import (
    BUSY,
    PATIENCE_SECONDS,
    Channel,
    WriterGate,
    mark_busy,
)
from comment_service.cli.serve import _uses_granian, free_port, listen


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Run ``serve`` in a process of its own until it answers."""
    port = free_port("127.0.0.1")
    keys = {key: value for key, value in os.environ.items() if not key.startswith("COMMENTS_")}
    keys |= {
        "COMMENTS_FOLDER": str(folder / "data"), "COMMENTS_ALLOW_VOLATILE": "1",
        "COMMENTS_ORIGINS": "https://blog.example",
    }  # fmt: skip
    command = [sys.executable, "-m", "comment_service", "serve", "--port", str(port), *options]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=keys, stdout=log, stderr=log)
    try:
        assert eventually(lambda: answers(port), 60), (folder / "serve.log").read_text()
        yield process, port
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/embed.js", timeout=5).ok
    except requests.ConnectionError:
        return False


def eventually(condition: Any, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.slow
def test_granian_lets_a_request_end_and_exits_with_zero(tmp_path: Path) -> None:
    with serving(tmp_path, "--server", "granian") as (process, port):
        body = b"site=default"
        with socket.create_connection(("127.0.0.1", port), timeout=30) as open_request:
            head = (
                "POST /comments HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            open_request.sendall(head.encode() + body[:4])
            time.sleep(0.5)  # the worker has begun to read the body
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert process.poll() is None
            open_request.sendall(body[4:])
            assert open_request.recv(100).startswith(b"HTTP/1.1 4")
        assert process.wait(30) == 0


@pytest.mark.slow
def test_waitress_exits_with_zero(tmp_path: Path) -> None:
    with serving(tmp_path, "--server", "waitress") as (process, _port):
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_workers_end_with_their_parent_whatever_ends_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--server", "granian", "--workers", "2") as (process, port):
        process.kill()
        process.wait()
        assert eventually(lambda: not answers(port), 20)


def test_waitress_drains_before_it_closes(lite: Flask) -> None:
    inside, release = threading.Event(), threading.Event()

    @lite.get("/slow")
    def slow() -> str:
        inside.set()
        release.wait(20)
        return "done"

    server = listen(lite, "127.0.0.1", 0)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    found: list[requests.Response] = []
    url = f"http://127.0.0.1:{server.port}"
    reader = threading.Thread(target=lambda: found.append(requests.get(f"{url}/slow", timeout=30)))
    reader.start()
    assert inside.wait(20)
    server.drain(30)
    assert eventually(lambda: not answers(server.port), 20), "new connections are still accepted"
    release.set()
    reader.join(30)
    assert found[0].text == "done"
    running.join(30)
    assert not running.is_alive()


def test_waitress_ends_a_connection_with_its_answer_while_it_drains(lite: Flask) -> None:
    """A client that sends one request after another does not keep it, and loses none of them."""
    inside, release = threading.Event(), threading.Event()

    def slow() -> str:
        inside.set()
        release.wait(20)
        return "done"

    lite.add_url_rule("/slow", view_func=slow)
    lite.add_url_rule("/quick", view_func=lambda: "done")
    server = listen(lite, "127.0.0.1", 0)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    url = f"http://127.0.0.1:{server.port}"
    waiting = threading.Thread(target=requests.get, args=(f"{url}/slow",), kwargs={"timeout": 30})
    with requests.Session() as client:
        assert "Connection" not in client.get(f"{url}/quick", timeout=20).headers
        waiting.start()
        assert inside.wait(20)
        for _ in range(2):  # a second signal changes nothing
            server.drain(20)
        assert eventually(lambda: not answers(server.port), 20), "new connections are accepted"
        answer = client.get(f"{url}/quick", timeout=20)
    assert (answer.text, answer.headers["Connection"]) == ("done", "close")
    release.set()
    waiting.join(20)
    running.join(20)
    assert not running.is_alive()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_waitress_lets_a_request_end(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, "--server", "waitress") as (process, port):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as open_request:
            head = "POST /comments HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n"
            open_request.sendall(f"{head}site".encode())
            assert eventually(lambda: answers(port), 20)  # it has received that, too
            process.send_signal(number)
            assert eventually(lambda: not answers(port), 20)
            assert process.poll() is None
            open_request.sendall(b"=default")
            assert open_request.recv(100).startswith(b"HTTP/1.1 4")
        assert process.wait(30) == 0


def test_closing_leaves_no_file_of_an_answer_that_nobody_reads(
    lite: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    real = tempfile.TemporaryFile

    def recorded(*args: Any, **given: Any) -> Any:
        made.append(real(*args, **given))
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", recorded)
    lite.add_url_rule("/large", view_func=lambda: Response(b"x" * 10_000_000))
    server = listen(lite, "127.0.0.1", 0)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert eventually(lambda: bool(made), 20)
        server.close()
        running.join(30)
    assert [file.closed for file in made] == [True]


def gated(running: int, waiting: int) -> tuple[WriterGate, threading.Event, list[str]]:
    """Return a gate whose writers wait for the event, and what it answered."""
    release, answered = threading.Event(), []

    def app(environ: Any, _start_response: Any) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and not environ.get(BUSY):
            release.wait(20)
        answered.append("busy" if environ.get(BUSY) else environ["REQUEST_METHOD"])
        return [b""]

    return WriterGate(app, running=running, waiting=waiting), release, answered


@pytest.mark.parametrize(
    ("unsent", "sending", "writable"),
    [(5, False, True), (5, True, False), (0, False, False), (1_000_000, True, True)],
)
def test_the_thread_that_sends_an_answer_is_not_disturbed(
    unsent: int, sending: bool, writable: bool
) -> None:
    channel = object.__new__(Channel)
    channel.outbuf_lock, channel.total_outbufs_len = threading.Condition(), unsent
    channel.will_close = channel.close_when_flushed = False
    held, done = threading.Event(), threading.Event()

    def send() -> None:
        with channel.outbuf_lock:
            held.set()
            done.wait(10)

    thread = threading.Thread(target=send)
    if sending:
        thread.start()
        assert held.wait(10)
    try:
        assert channel.writable() is writable
    finally:
        done.set()
        if sending:
            thread.join()


def test_waitress_does_not_run_in_circles(lite: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its main thread would ask thousands of times whether an answer can be sent."""
    turns = 0
    handle = HTTPChannel.handle_write

    def count(channel: Any) -> None:
        nonlocal turns
        turns += 1
        handle(channel)

    monkeypatch.setattr(HTTPChannel, "handle_write", count)
    server = listen(lite, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()

    def ask() -> None:
        with requests.Session() as session:
            for _ in range(50):
                assert session.get(f"http://127.0.0.1:{server.port}/embed.js", timeout=20).ok

    readers = [threading.Thread(target=ask) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    server.close()
    thread.join()
    assert turns < 400, "once per answer at most"


def test_the_gate_leaves_threads_to_readers_and_refuses_too_many_writers() -> None:
    gate, release, answered = gated(running=2, waiting=3)
    writers = [
        threading.Thread(target=gate, args=({"REQUEST_METHOD": "POST"}, None)) for _ in range(5)
    ]
    for writer in writers:
        writer.start()
    assert eventually(lambda: gate._inside == 5, 20)
    gate({"REQUEST_METHOD": "GET"}, None)  # type: ignore[arg-type]
    gate({"REQUEST_METHOD": "POST"}, None)  # type: ignore[arg-type]
    assert answered == ["GET", "busy"]
    release.set()
    for writer in writers:
        writer.join(20)
    assert answered == ["GET", "busy", *5 * ["POST"]]
    gate({"REQUEST_METHOD": "POST"}, None)  # type: ignore[arg-type]
    assert answered[-1] == "POST", "places are free again"


def test_a_writer_that_waits_too_long_is_told_to_come_again() -> None:
    release, answered = threading.Event(), list[bool]()

    def app(environ: Any, _start_response: Any) -> list[bytes]:
        if not environ.get(BUSY):
            release.wait(20)
        answered.append(BUSY in environ)
        return [b""]

    gate = WriterGate(app, running=1, waiting=5, patience=0.01)
    first = threading.Thread(target=gate, args=({"REQUEST_METHOD": "POST"}, None))
    first.start()
    assert eventually(lambda: gate._inside == 1, 20)
    gate({"REQUEST_METHOD": "POST"}, None)  # type: ignore[arg-type]
    assert answered == [True]
    release.set()
    first.join(20)
    gate({"REQUEST_METHOD": "POST"}, None)  # type: ignore[arg-type]
    assert answered == [True, False, False], "the place is free again"


@pytest.mark.parametrize(("waited", "busy"), [(1.0, False), (PATIENCE_SECONDS + 1, True)])
def test_waitress_tells_a_writer_that_waited_too_long_to_come_again(
    waited: float, busy: bool
) -> None:
    found: list[bool] = []

    def app(environ: Any, _start_response: Any) -> list[bytes]:
        found.append(BUSY in environ)
        return [b""]

    channel = SimpleNamespace(comments_came=monotonic() - waited, comments_busy=False)
    environ = {"waitress.client_disconnected": MethodType(lambda _self: False, channel)}
    mark_busy(app)(environ, None)  # type: ignore[arg-type]
    assert found == [busy]


def test_a_writer_that_fails_gives_its_place_back() -> None:
    def app(_environ: Any, _start_response: Any) -> list[bytes]:
        raise RuntimeError("failed")

    gate = WriterGate(app, running=1, waiting=0)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            gate({"REQUEST_METHOD": "POST"}, None)  # type: ignore[arg-type]


def test_a_slow_body_holds_no_turn() -> None:
    reading, release = threading.Event(), threading.Event()

    class Slow(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            reading.set()
            release.wait(20)
            return super().read(size)

    bodies: list[bytes] = []

    def app(environ: Any, _start_response: Any) -> list[bytes]:
        bodies.append(environ["wsgi.input"].read())
        return [b""]

    def post(body: BytesIO) -> dict[str, Any]:
        return {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "3", "wsgi.input": body}

    gate = WriterGate(app, running=1, waiting=5)
    slow = threading.Thread(target=gate, args=(post(Slow(b"one")), None))
    slow.start()
    assert reading.wait(20)
    gate(post(BytesIO(b"two")), None)  # type: ignore[arg-type]
    assert bodies == [b"two"]
    release.set()
    slow.join(20)
    assert bodies == [b"two", b"one"]


CHOICES = (  # trusted proxies, server, workers, installed → granian, None for a refusal
    ("", "auto", 1, True, False),
    ("127.0.0.1", "auto", 1, True, True),
    ("127.0.0.1", "auto", 1, False, False),
    ("", "granian", 1, True, True),
    ("", "granian", 1, False, None),
    ("127.0.0.1", "waitress", 1, True, False),
    ("", "auto", 2, True, True),
    ("", "auto", 2, False, None),
    ("", "waitress", 2, True, None),
)


@pytest.mark.parametrize(("proxies", "kind", "workers", "installed", "granian"), CHOICES)
def test_granian_serves_where_it_can_and_a_proxy_keeps_slow_clients_away(
    sqlite_url: str, make_app: Any, monkeypatch: pytest.MonkeyPatch,
    proxies: str, kind: str, workers: int, installed: bool, granian: bool | None,
) -> None:  # fmt: skip
    monkeypatch.setattr(granian_server, "is_installed", lambda: installed)
    app = make_app(sqlite_url, TRUSTED_PROXIES=proxies)
    if granian is None:
        with pytest.raises(Exception, match="granian"):
            _uses_granian(app, kind, workers)
    else:
        assert _uses_granian(app, kind, workers) is granian
