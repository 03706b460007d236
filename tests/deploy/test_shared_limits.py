"""Processes share limits of requests, and rendered answers, through a Redis server."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from comment_service.app import create_app
from comment_service.cli.serve import free_port
from comment_service.errors import SetupError
from comment_service.web.http.answer_store import PAUSE, StoredAnswer, open_store
from tests.deploy.servers import running
from tests.deploy.test_servers import ORIGIN, PAGE
from tests.fakes import FakeClock

ALLOWED = 60
"""Previews of one network per minute."""


@contextlib.contextmanager
def redis_server(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    binary = shutil.which("redis-server")
    if binary is None:
        if os.environ.get("TEST_REQUIRE_ALL"):
            pytest.fail("redis-server is missing")
        pytest.skip("redis-server is missing")
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()  # the end of the block waits for it


def previews(address: str, number: int) -> list[int]:
    """Ask for previews, each on a connection of its own, so that every process gets some."""
    body = {"site": "default", "url": PAGE, "text": "How it will look"}
    headers = {"Origin": ORIGIN, "Connection": "close"}
    return [
        requests.post(f"{address}/preview", json=body, headers=headers, timeout=20).status_code
        for _ in range(number)
    ]


def environment(folder: Path, limits_url: str) -> dict[str, str]:
    return {
        "COMMENTS_FOLDER": str(folder / "data"),
        "COMMENTS_ALLOW_VOLATILE": "1",
        "COMMENTS_ORIGINS": ORIGIN,
        "COMMENTS_WORKER": "0",
        "COMMENTS_LIMITS_URL": limits_url,
    }


def start_of_minute() -> None:
    """Wait so that all requests of a test fall into one window of the limit."""
    if time.time() % 60 > 30:
        time.sleep(60 - time.time() % 60)


@pytest.mark.slow
def test_processes_count_together_with_redis(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    with (
        redis_server(port) as redis,
        running(
            "gunicorn-sync", tmp_path, environment(tmp_path, f"redis://127.0.0.1:{port}/0")
        ) as a,
    ):
        start_of_minute()
        assert previews(a, ALLOWED + 5) == [200] * ALLOWED + [429] * 5
        redis.kill()
        redis.wait()
        assert 200 in previews(a, 3), "each process counts for itself while Redis is away"


def test_answers_are_stored_in_a_redis_server_that_comes_and_goes(tmp_path: Path) -> None:
    port, clock = free_port("127.0.0.1"), FakeClock()
    url, answer = f"redis://127.0.0.1:{port}/1", StoredAnswer("tag", [], (0, 7), b"\0body")
    one, two = (open_store(url, "secret", clock) for _ in range(2))
    assert one and two
    one.put(["/thread"], answer)
    assert one.get(["/thread"]) is None, "nobody listens yet"
    with redis_server(port) as redis:
        wait_for(port)
        clock.forward(seconds=PAUSE.seconds)
        one.put(["/thread"], answer)
        assert two.get(["/thread"]) == answer
        redis.kill()
        redis.wait()
        assert two.get(["/thread"]) is None
    with redis_server(port):
        wait_for(port)
        assert two.get(["/thread"]) is None, "it is not asked again at once"
        clock.forward(seconds=PAUSE.seconds)
        two.put(["/thread"], answer)
        assert one.get(["/thread"]) == answer, "a connection that was lost is opened again"


def wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
    pytest.fail("redis-server does not listen")


def test_a_url_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    keys = {"COMMENTS_FOLDER": str(tmp_path), "COMMENTS_ALLOW_VOLATILE": True}
    with pytest.raises(SetupError, match="COMMENTS_LIMITS_URL cannot be used"):
        create_app({**keys, "COMMENTS_LIMITS_URL": "nonsense://x"})
