"""Public pages are read from a streaming replica, and never show less than the primary does."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from comment_service.storage.admin import sites
from comment_service.storage.db.postgresql import replica
from comment_service.storage.db.postgresql.replica import Replica
from comment_service.storage.db.session import db, replica_of, transaction
from tests import postgres
from tests.conftest import MakeApp, absent
from tests.fakes import FakeClock
from tests.people import PAGE, Guest, Moderator
from tests.web.test_front import ORIGIN, PUBLIC, get

NAMES = [name for name in PUBLIC if name != "/embed.js"]  # the script is no page

OURS = "FROM pg_stat_activity WHERE application_name = 'comment-service'"
WITH_TEXTS = [name for name in NAMES if name not in {"/counts", "/news"}]


@pytest.fixture(scope="module")
def standby(postgres_url: str) -> Iterator[postgres.Replica]:
    if os.environ.get(postgres.URL_KEY):
        absent("a replica needs a server of this machine's own")
    with postgres.streaming_replica(postgres_url) as found:
        yield found


@pytest.fixture
def url(standby: postgres.Replica, postgres_database: str) -> Iterator[str]:
    """Return the URL of an empty database that has a replica, which goes on after the test."""
    yield postgres_database
    standby.resume()


@pytest.fixture
def app(url: str, standby: postgres.Replica, make_app: MakeApp) -> Flask:
    return make_app(url, REPLICA_URL=standby.url, SECRET_KEY="the same", METRICS_TOKEN="token")


@pytest.fixture
def elsewhere(url: str, standby: postgres.Replica, make_app: MakeApp, tmp_path: Path) -> Flask:
    """Return the app on another machine."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return make_app(url, REPLICA_URL=standby.url, SECRET_KEY="the same", FOLDER=str(folder))


@dataclass
class Sent:
    """The statements that were sent to each server."""

    primary: list[str] = field(default_factory=list)
    replica: list[str] = field(default_factory=list)

    @property
    def read_from_primary(self) -> list[str]:
        """Return those to the primary without the comparison of the two servers."""
        return [one for one in self.primary if "pg_c" not in one]


@contextmanager
def sent_by(app: Flask) -> Iterator[Sent]:
    found = Sent()
    with app.app_context():
        engines = {None: found.primary, replica.BIND: found.replica}
        pairs = [(db.engines[name], sent) for name, sent in engines.items()]
    with ExitStack() as stack:
        for engine, sent in pairs:

            def note(_connection: object, _cursor: object, sql: str, *_: object, to=sent) -> None:  # type: ignore[no-untyped-def]
                to.append(sql)

            event.listen(engine, "before_cursor_execute", note)
            stack.callback(event.remove, engine, "before_cursor_execute", note)
        yield found


def of(app: Flask) -> Replica:
    found = replica_of(app)
    assert found is not None
    return found


def ask_again(app: Flask) -> None:
    """Let the time pass after which the replica is asked again."""
    of(app)._again = 0.0


def shown(app: Flask, words: str) -> bool:
    return words in get(app.test_client(), "/thread").get_data(as_text=True)


@contextmanager
def always_caught_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the replica the time that it needs on a busy machine."""
    with monkeypatch.context() as patch:
        patch.setattr(replica, "CATCH_UP_SECONDS", 20.0)
        patch.setattr(replica, "WAIT_SECONDS", 30.0)
        yield


@pytest.mark.parametrize("name", NAMES)
def test_public_pages_are_read_from_the_replica(
    app: Flask, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(app).say("The first comment")
    with always_caught_up(monkeypatch), sent_by(app) as sent:
        answer = get(app.test_client(), name)
    assert answer.status_code == 200
    assert any("comments_sites" in one for one in sent.replica)
    assert sent.read_from_primary == []
    assert len(sent.primary) <= 2


def test_two_sites_are_read_from_the_replica(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        origins = ["https://other.example"]
        sites.ensure_site(current, key="other", name="Other", origins=origins, now=now)
    Guest(app).say("On the blog")
    other = Guest(app, "Bea")
    other.page = {"site": "other", "url": "https://other.example/a", "title": "Another"}
    other.say("On the other site")
    with always_caught_up(monkeypatch), sent_by(app) as sent:
        assert "On the blog" in Guest(app).thread()
        assert "On the other site" in other.thread()
    assert sent.replica
    assert sent.read_from_primary == []


def test_everything_else_is_read_from_the_primary(app: Flask) -> None:
    guest = Guest(app)
    moderator = Moderator(app)
    with sent_by(app) as sent:
        number = guest.say("maybe this waits").get_json()["id"]
        assert guest.get("/thread.html").status_code == 200
        assert "maybe this waits" in guest.get("/me").get_data(as_text=True)
        moderator.decide(number, "approve")
        assert moderator.client.get("/moderation/", follow_redirects=True).status_code == 200
        assert guest.like(number).status_code == 200
    assert sent.replica == []
    assert sent.primary


def test_what_a_reading_writes_goes_to_the_primary(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reading from a page notes the page's origin."""
    Guest(app).say("The first comment")
    with always_caught_up(monkeypatch), sent_by(app) as sent:
        assert get(app.test_client(), "/thread", None, **ORIGIN).status_code == 200
    written = [one for one in sent.primary if one.startswith(("INSERT", "UPDATE"))]
    assert len(written) == 1
    assert "comments_embed_origins" in written[0]
    assert not [one for one in sent.replica if not one.startswith("SELECT")]


def test_an_author_sees_the_comment_at_once_and_others_within_a_second(
    app: Flask, elsewhere: Flask, clock: FakeClock
) -> None:
    guest = Guest(app)
    for number in range(10):
        guest.say(f"Thought {number}")
        assert shown(app, f"Thought {number}")
        clock.forward(seconds=1.001)
        assert shown(elsewhere, f"Thought {number}")


def test_a_replica_that_lags_is_not_read(
    app: Flask,
    elsewhere: Flask,
    standby: postgres.Replica,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    Guest(app).say("The first comment")
    with always_caught_up(monkeypatch):
        assert shown(app, "The first comment")
        assert shown(elsewhere, "The first comment")
    assert (of(app).state, of(elsewhere).state) == (replica.USED, replica.USED)
    standby.pause()
    Guest(app, "Bea").say("The second comment")
    assert shown(app, "The second comment")
    monkeypatch.setattr(replica, "BEHIND_PAUSE", 3600.0)
    for seconds in (1.001, 61):  # after a minute, the view of what is kept is asked again
        clock.forward(seconds=seconds)
        ask_again(elsewhere)
        assert shown(elsewhere, "The second comment")
        for name in WITH_TEXTS:
            found = get(elsewhere.test_client(), name).get_data(as_text=True)
            assert "The second comment" in found
        assert (of(app).state, of(elsewhere).state) == (replica.BEHIND, replica.BEHIND)
    with sent_by(elsewhere) as sent:  # nobody waits for it meanwhile
        clock.forward(seconds=61)
        assert shown(elsewhere, "The second comment")
    assert sent.replica == []
    standby.resume()
    ask_again(elsewhere)
    clock.forward(seconds=61)
    with always_caught_up(monkeypatch), sent_by(elsewhere) as sent:
        assert shown(elsewhere, "The second comment")
    assert sent.replica
    assert of(elsewhere).state == replica.USED
    told = [record.message for record in caplog.records if record.name == replica.__name__]
    assert "public pages are read from the primary: the replica is behind" in told
    assert "public pages are read from the replica again" in told


def test_a_replica_that_stops_is_not_missed_and_used_again(
    app: Flask,
    standby: postgres.Replica,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    Guest(app).say("The first comment")
    client = app.test_client()
    with always_caught_up(monkeypatch):
        assert get(client, "/thread").status_code == 200
    assert client.get("/health").get_json()["replica"] == replica.USED
    standby.stop()
    try:
        Guest(app, "Bea").say("The second comment")
        for name in NAMES:
            assert get(client, name).status_code == 200
        assert shown(app, "The second comment")
        assert client.get("/health").get_json()["replica"] == replica.LOST
        scraped = client.get("/metrics", headers={"Authorization": "Bearer token"}).get_data(True)
        assert "\ncomments_replica_used 0\n" in scraped
        assert 'comments_public_reads_total{server="replica"} 1.0' in scraped
        assert 'comments_public_reads_total{server="primary"}' in scraped
    finally:
        standby.start()
    ask_again(app)
    clock.forward(seconds=61)
    with always_caught_up(monkeypatch), sent_by(app) as sent:
        assert shown(app, "The second comment")
    assert sent.replica
    told = [one for one in caplog.records if one.name == replica.__name__]
    assert [one.levelno for one in told] == [logging.WARNING, logging.WARNING]


def test_an_answer_that_the_replica_breaks_off_comes_from_the_primary(
    app: Flask, standby: postgres.Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(app).say("The first comment")
    with app.app_context():
        engine = db.engines[replica.BIND]

    def end(_connection: object, _cursor: object, sql: str, *_more: object) -> None:
        if "FROM comments_pages" in sql:
            standby.call(f"count(pg_terminate_backend(pid)) {OURS}")

    event.listen(engine, "before_cursor_execute", end)
    with always_caught_up(monkeypatch):
        answer = get(app.test_client(), "/thread")
    assert answer.status_code == 200
    assert "The first comment" in answer.get_data(as_text=True)
    assert of(app).state == replica.LOST


def test_a_statement_that_the_replica_ends_costs_one_request_only(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(app).say("The first comment")
    with app.app_context():
        engine = db.engines[replica.BIND]

    def slow(_connection: object, cursor: Any, sql: str, *_more: object) -> None:
        if "FROM comments_pages" in sql:
            cursor.execute("SET statement_timeout = 1")
            cursor.execute("SELECT pg_sleep(5)")

    event.listen(engine, "before_cursor_execute", slow)
    with always_caught_up(monkeypatch):
        assert shown(app, "The first comment")
    assert of(app).state == replica.USED


def test_a_primary_that_fails_says_nothing_about_the_replica(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = of(app)
    monkeypatch.setattr(found, "_primary", Mock(connect=Mock(side_effect=PoolTimeout("full"))))
    with pytest.raises(PoolTimeout):
        found.current()
    assert found.state == replica.UNTRIED


def test_a_replica_that_hangs_is_given_up(
    app: Flask, standby: postgres.Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(app).say("The first comment")
    with always_caught_up(monkeypatch):
        assert shown(app, "The first comment")
    Guest(app, "Bea").say("The second comment")
    found = standby.call(f"string_agg(pid::text, ' ') {OURS}")
    processes = [standby.process, *(int(process) for process in str(found).split())]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        assert shown(app, "The second comment")
        assert of(app).state == replica.LOST
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def test_only_one_request_tries_a_replica_that_was_left(app: Flask) -> None:
    Guest(app).say("The first comment")
    with of(app)._lock, sent_by(app) as sent:  # held by the one that tries
        assert shown(app, "The first comment")
    assert sent.replica == []
    assert of(app).state == replica.UNTRIED


def test_the_replica_ends_statements_that_nobody_waits_for(app: Flask) -> None:
    with app.app_context(), db.engines[replica.BIND].connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "1s"
        assert connection.scalar(text("SHOW lock_timeout")) != "0"


def test_a_server_that_is_no_replica_is_not_read(
    url: str, make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(url, REPLICA_URL=url)
    Guest(app).say("The first comment")
    assert shown(app, "The first comment")
    assert of(app).state == replica.LOST
    assert "is not a streaming replica of this server" in caplog.text


def test_a_commit_that_does_not_wait_for_the_disk_is_seen(
    url: str, standby: postgres.Replica, make_app: MakeApp
) -> None:
    fast = f"{url}&options=-csynchronous_commit%3Doff"
    app = make_app(fast, REPLICA_URL=standby.url)
    for number in range(10):
        Guest(app).say(f"Thought {number}", url=f"{PAGE}-{number}")
        guest = Guest(app)
        guest.page["url"] = f"{PAGE}-{number}"
        assert f"Thought {number}" in guest.thread()
        ask_again(app)


SCRIPT = """
import os, sys
from sqlalchemy import text
from comment_service.app import create_app
from comment_service.storage.db.postgresql import replica
from comment_service.storage.db.session import db

folder, primary, standby = sys.argv[1:]
app = create_app({
    "COMMENTS_FOLDER": folder, "COMMENTS_ALLOW_VOLATILE": True, "COMMENTS_DATABASE_URL": primary,
    "COMMENTS_REPLICA_URL": standby, "COMMENTS_ORIGINS": "https://blog.example",
    "COMMENTS_WORKER": False,
})
replica.CATCH_UP_SECONDS = 20

def read():
    answer = app.test_client().get("/latest?site=default")
    with app.app_context(), db.engines[replica.BIND].connect() as connection:
        process = connection.scalar(text("SELECT pg_backend_pid()"))
    state = app.extensions["comments_replica"].state
    print(answer.status_code, state, process, flush=True)

read()
child = os.fork()
if child == 0:
    read()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
read()
"""


def test_the_child_of_a_fork_has_connections_of_its_own(
    url: str, standby: postgres.Replica, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), url, standby.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before, child, after = (line.split() for line in done.stdout.splitlines())
    assert before == after
    assert before[:2] == child[:2] == ["200", replica.USED]
    assert child[2] != before[2]
