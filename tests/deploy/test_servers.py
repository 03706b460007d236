"""Every common WSGI server stores every comment, also one that loads the app and then forks."""

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from pathlib import Path

import pytest
import requests
from sqlalchemy import create_engine, text

from comment_service.storage.db.engine import engine_options
from tests.deploy.servers import HOST, SERVERS, running
from tests.notify.conftest import Mailbox, mailbox

__all__ = ["mailbox"]

pytestmark = [pytest.mark.slow]
POSTS = 50
ORIGIN = "https://blog.example"
PAGE = f"{ORIGIN}/post"


def settings(folder: Path, url: str, box: tuple[Mailbox, int]) -> Mapping[str, str]:
    return {
        "COMMENTS_FOLDER": str(folder / "data"),
        "COMMENTS_DATABASE_URL": url,
        "COMMENTS_ALLOW_VOLATILE": "1",
        "COMMENTS_ORIGINS": ORIGIN,
        "COMMENTS_MIN_SECONDS": "0",
        "COMMENTS_RATE_MINUTE": "1000",
        "COMMENTS_RATE_HOUR": "1000",
        "COMMENTS_POLICY": "all",
        "COMMENTS_PUBLIC_URL": "http://127.0.0.1",
        "COMMENTS_SMTP_URL": f"smtp://127.0.0.1:{box[1]}",
        "COMMENTS_MAIL_FROM": "comments@blog.example",
        "COMMENTS_MAIL_TO": "owner@blog.example",
    }


def post(address: str, number: int) -> int:
    """Post a comment as the widget does; return its id."""
    page = {"site": "default", "url": PAGE}
    headers = {"Origin": ORIGIN}
    asked = requests.get(f"{address}/form-token", params=page, headers=headers, timeout=60)
    asked.raise_for_status()
    body = {
        **page,
        "token": asked.json()["token"],
        "key": f"key-{number}-{'x' * 20}",
        "name": f"Reader {number}",
        "text": f"A thought about the post, number {number}.",
    }
    answer = requests.post(f"{address}/comments", json=body, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def stored(url: str) -> Sequence[tuple[str, str]]:
    """Return (status, model) of every comment in a database."""
    engine = create_engine(url, **engine_options(url))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT status, model FROM comments_comments"))
        found = [(str(status), str(model)) for status, model in rows]
    engine.dispose()
    return found


FEWER = ("granian", "gunicorn-preload", "uwsgi")
ON_SQLITE = [
    server if server in FEWER else pytest.param(server, marks=pytest.mark.long)
    for server in SERVERS
]


@pytest.mark.parametrize("server", ON_SQLITE)
def test_every_comment_is_stored_scored_and_mailed_once(
    server: str, sqlite_url: str, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    post_fifty(server, sqlite_url, tmp_path, mailbox)


FORKING = ("gunicorn-preload", "uwsgi")
ON_POSTGRES = [
    server if server in FORKING else pytest.param(server, marks=pytest.mark.long)
    for server in SERVERS
]


@pytest.mark.postgres
@pytest.mark.parametrize("server", ON_POSTGRES)
def test_every_comment_is_stored_on_postgresql(
    server: str, postgres_database: str, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    post_fifty(server, postgres_database, tmp_path, mailbox)


def post_fifty(
    server: str, database_url: str, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    """Post 50 comments with six clients at once, and check all that should come of it."""
    with running(server, tmp_path, settings(tmp_path, database_url, mailbox)) as address:
        begun = time.monotonic()
        with ThreadPoolExecutor(6) as pool:
            ids = list(pool.map(lambda number: post(address, number), range(POSTS)))
        assert time.monotonic() - begun < 60
        assert len(set(ids)) == POSTS
        assert requests.get(f"{address}/health", timeout=20).status_code == 200
        wait_for_mail(mailbox)
    rows = stored(database_url)
    assert len(rows) == POSTS
    assert {status for status, _model in rows} == {"pending"}
    assert all(model not in {"", "None"} for _status, model in rows), "no model scored"
    received = [message_from_bytes(envelope.content) for envelope in mailbox[0].mails]
    assert len(received) == len({message["Message-ID"] for message in received})


def wait_for_mail(box: tuple[Mailbox, int]) -> None:
    """Wait until mail has come, and a little longer for one that comes twice."""
    deadline = time.monotonic() + 30
    while not box[0].mails and time.monotonic() < deadline:
        threading.Event().wait(0.2)
    assert box[0].mails, "no mail was delivered"
    threading.Event().wait(3)


@pytest.mark.parametrize("server", ["uwsgi", "gunicorn-preload"])
def test_a_host_that_is_loaded_before_the_fork(
    server: str, sqlite_url: str, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    keys = {**settings(tmp_path, sqlite_url, mailbox), "COMMENTS_PREFIX": "/comments"}
    with running(server, tmp_path, keys, source=HOST) as address:
        for number in range(5):
            post(f"{address}/comments", number)
        page = requests.get(f"{address}/post", timeout=20)
        assert page.status_code == 200
        assert "comments-respond" in page.text
    assert len(stored(sqlite_url)) == 5
