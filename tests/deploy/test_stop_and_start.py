"""SIGTERM lets requests end, nothing acknowledged is lost, and many processes start at once."""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import create_engine, text

from comment_service.cli.serve import free_port
from comment_service.storage.db.engine import engine_options

pytestmark = pytest.mark.slow
ORIGIN = "https://blog.example"
PAGE = {"site": "default", "url": f"{ORIGIN}/post"}
CLIENTS = 100


def environment(folder: Path, **keys: str) -> dict[str, str]:
    ours = {
        "FOLDER": str(folder), "ALLOW_VOLATILE": "1", "ORIGINS": ORIGIN, "MIN_SECONDS": "0",
        "RATE_MINUTE": "10000", "RATE_HOUR": "10000", "WORKER": "0", **keys,
    }  # fmt: skip
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("COMMENTS_")}
    return {**inherited, **{f"COMMENTS_{key}": value for key, value in ours.items()}}


@contextlib.contextmanager
def serving(folder: Path, port: int, **keys: str) -> Iterator["subprocess.Popen[str]"]:
    """Run ``comment-service serve`` until it prints its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "comment_service", "serve", "--port", str(port)],
        env=environment(folder, **keys), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert "Listening" in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


class Client:
    """Posts comments until the server takes no more; remembers what became of each key."""

    def __init__(self, address: str, number: int, form_token: str) -> None:
        self.address, self.number, self.form_token = address, number, form_token
        self.acknowledged: list[str] = []
        self.unanswered: dict[str, str] = {}  # key → what happened

    def post(self, key: str) -> int:
        body = {
            **PAGE, "token": self.form_token, "key": key, "name": f"Reader {self.number}",
            "text": f"A thought with the key {key}",
        }  # fmt: skip
        headers = {"Origin": ORIGIN, "Connection": "close"}
        answer = requests.post(f"{self.address}/comments", json=body, headers=headers, timeout=60)
        return answer.status_code

    def run(self) -> None:
        while True:
            key = secrets.token_hex(16)
            try:
                status = self.post(key)
            except requests.ConnectionError as error:
                self.unanswered[key] = str(error)
                return
            if status == 201:
                self.acknowledged.append(key)
            else:
                assert status == 503, status
                self.unanswered[key] = "503"


def stored_keys(folder: Path) -> list[str]:
    url = f"sqlite:///{folder / 'comments.sqlite3'}"
    engine = create_engine(url, **engine_options(url))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT idempotency_key FROM comments_comments"))
        found = [str(key) for (key,) in rows]
    engine.dispose()
    return found


def test_sigterm_under_load_cuts_no_request_and_loses_no_comment(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    address = f"http://127.0.0.1:{port}"
    with serving(tmp_path, port) as process:
        answer = requests.get(
            f"{address}/form-token", params=PAGE, headers={"Origin": ORIGIN}, timeout=30
        )
        clients = [Client(address, number, answer.json()["token"]) for number in range(CLIENTS)]
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        while sum(len(client.acknowledged) for client in clients) < CLIENTS // 2:
            threads[0].join(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        for thread in threads:
            thread.join(60)
    acknowledged = {key for client in clients for key in client.acknowledged}
    unanswered = {key: why for client in clients for key, why in client.unanswered.items()}
    stored = stored_keys(tmp_path)
    assert len(stored) == len(set(stored))
    assert set(stored) == acknowledged, "each stored comment was acknowledged, and the reverse"
    with serving(tmp_path, port):
        with ThreadPoolExecutor(8) as pool:
            again = list(pool.map(clients[0].post, [*unanswered, *list(acknowledged)[:20]]))
        assert set(again) <= {200, 201}
    assert sorted(stored_keys(tmp_path)) == sorted({*acknowledged, *unanswered})


def test_a_request_that_takes_longer_than_the_grace_does_not_keep_the_server(
    tmp_path: Path,
) -> None:
    port = free_port("127.0.0.1")
    head = b"POST /comments HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    with (
        serving(tmp_path, port, GRACE="0.5") as process,
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        connection.sendall(head + b"half")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0


START = (
    "from comment_service.app import create_app, prepare\n"
    "app = create_app(); prepare(app)\n"
    "assert app.test_client().get('/thread?site=default&url=https://blog.example/a').status_code"
    " == 200\n"
)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("pg", marks=pytest.mark.postgres)])
def test_several_processes_start_on_one_empty_database(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = "" if kind == "sqlite" else str(request.getfixturevalue("empty_postgres"))
    keys = environment(tmp_path, DATABASE_URL=url)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START], env=keys, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]  # fmt: skip
    for process in started:
        _out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    url = url or f"sqlite:///{tmp_path / 'comments.sqlite3'}"
    engine = create_engine(url, **engine_options(url))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM comments_sites")) == 1
    engine.dispose()


def test_a_worker_of_its_own_ends_on_sigterm(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "comment_service", "worker"]
    keys = environment(tmp_path)
    with subprocess.Popen(command, env=keys, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert re.match("Worker started", process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
