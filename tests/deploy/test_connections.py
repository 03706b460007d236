"""Idle, slow and posting connections do not keep people from reading."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from flask import Flask

from comment_service.app import create_app, prepare
from comment_service.cli import dispatcher
from comment_service.cli.serve import Server, free_port, listen
from tests.deploy.test_servers import ORIGIN, PAGE, post
from tests.fakes import FakeClassifier


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    keys = {"ALLOW_VOLATILE": True, "FOLDER": str(tmp_path), "ORIGINS": ORIGIN, "WORKER": False}
    keys |= {"MIN_SECONDS": 0, "RATE_MINUTE": 10_000, "RATE_HOUR": 10_000}
    prefixed = {f"COMMENTS_{key}": value for key, value in keys.items()}
    found = create_app(prefixed, classifier=FakeClassifier())
    prepare(found)
    return found


@contextlib.contextmanager
def running(app: Flask) -> Iterator[tuple[str, int, Server]]:
    port = free_port("127.0.0.1")
    server = listen(app, "127.0.0.1", port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}", port, server
    server.close()
    thread.join(10)


def opened(port: int, number: int, first: bytes) -> list[socket.socket]:
    found = []
    for _ in range(number):
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        connection.sendall(first)
        found.append(connection)
    return found


def test_writers_leave_threads_to_readers(app: Flask) -> None:
    release = threading.Event()

    @app.post("/slow")
    def slow() -> str:
        release.wait(20)
        return "done"

    app.view_functions["slow"].__dict__["_exempt_from_csrf"] = True
    app.config["WTF_CSRF_ENABLED"] = False
    with running(app) as (address, _port, _server), ThreadPoolExecutor(30) as pool:
        waiting = [pool.submit(requests.post, f"{address}/slow", timeout=30) for _ in range(30)]
        time.sleep(0.5)
        for _ in range(5):
            assert requests.get(f"{address}/health", timeout=10).status_code == 200
        release.set()
        assert [one.result().status_code for one in waiting] == [200] * 30


def test_too_many_writers_get_their_text_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "MAX_WAITING_WRITERS", 0)
    with running(app) as (address, _port, _server):
        body = {"site": "default", "url": PAGE, "text": "Half an hour of work.", "name": "Ada"}
        answer = requests.post(
            f"{address}/comments", data=body, headers={"Origin": ORIGIN, "Accept": "text/html"},
            timeout=10,
        )  # fmt: skip
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "Half an hour of work." in answer.text
        assert requests.get(f"{address}/health", timeout=10).status_code == 200


@pytest.mark.slow
def test_idle_and_slow_connections_and_posts_beside_readers(app: Flask) -> None:
    with running(app) as (address, port, _server):
        post(address, 10_000)  # the page exists
        idle = opened(port, 200, b"")
        slow = opened(port, 200, b"GET /thread HTTP/1.1\r\nHost: x\r\n")
        stop = threading.Event()

        def drip() -> None:
            while not stop.is_set():
                for connection in slow:
                    with contextlib.suppress(OSError):
                        connection.sendall(b"X-A: b\r\n")
                stop.wait(1)

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        query = {"site": "default", "url": PAGE}

        def read(_reader: int) -> list[float]:
            times, session = [], requests.Session()
            for _ in range(10):
                begun = time.monotonic()
                assert session.get(f"{address}/thread", params=query, timeout=30).ok
                times.append(time.monotonic() - begun)
            return times

        with ThreadPoolExecutor(70) as pool:
            posting = [pool.submit(post, address, number) for number in range(50)]
            reading = [pool.submit(read, number) for number in range(20)]
            times = sorted(one for result in reading for one in result.result())
            assert len({result.result() for result in posting}) == 50
        stop.set()
        dripping.join(5)
        print(f"p50 {times[100]:.3f} s, p99 {times[198]:.3f} s")  # noqa: T201 - read in the log
        for connection in [*idle, *slow]:
            connection.close()
