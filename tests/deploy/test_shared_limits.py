"""Limits of requests hold for all processes together where Redis counts them."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from comment_service.app import create_app
from comment_service.cli.serve import free_port
from comment_service.errors import SetupError
from tests.deploy.servers import running
from tests.deploy.test_servers import ORIGIN, PAGE

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
        yield process
        process.kill()


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


def test_a_url_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    keys = {"COMMENTS_FOLDER": str(tmp_path), "COMMENTS_ALLOW_VOLATILE": True}
    with pytest.raises(SetupError, match="COMMENTS_LIMITS_URL cannot be used"):
        create_app({**keys, "COMMENTS_LIMITS_URL": "nonsense://x"})
