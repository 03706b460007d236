"""Processes share rendered answers through Redis; a stale or strange one is never sent."""

import gzip
import logging
from typing import Any

import brotli
import pytest
import redis
from flask import Flask
from redis.exceptions import ConnectionError as RedisAway

from comment_service.app import create_app
from comment_service.errors import SetupError
from comment_service.web.comments import render
from comment_service.web.http.answer_store import PAUSE, AnswerStore, StoredAnswer
from comment_service.web.ops.observation import METRICS
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import PAGE, Guest

LONG = "A comment that says enough to be worth the compression of its page. " * 12
BROTLI = {"Accept-Encoding": "br"}
URL = "redis://127.0.0.1:1/1"


class FakeRedis:
    """The commands of a Redis server that are used, and whether it answers."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.asked = 0
        self.is_away = False

    def get(self, name: str) -> bytes | None:
        self._answer()
        return self.values.get(name)

    def set(self, name: str, value: bytes, ex: int) -> None:
        assert ex > 0
        self._answer()
        self.values[name] = value

    def _answer(self) -> None:
        self.asked += 1
        if self.is_away:
            raise RedisAway("refused")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeRedis:
    fake = FakeRedis()
    monkeypatch.setattr(redis.Redis, "from_url", lambda *_args, **_more: fake)
    return fake


@pytest.fixture
def apps(server: FakeRedis, sqlite_url: str, make_app: MakeApp) -> tuple[Flask, Flask]:
    """Two processes of one installation."""
    one, two = (make_app(sqlite_url, CACHE_URL=URL) for _ in range(2))
    return one, two


def thread(app: Flask, page: str = PAGE, **headers: str) -> Any:
    query = {"site": "default", "url": page, "title": "A post"}
    return app.test_client().get("/thread", query_string=query, headers={**BROTLI, **headers})


def shared(app: Flask) -> float:
    metrics = app.extensions[METRICS]
    return float(metrics.shared.labels("/thread")._value.get())


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "render", lambda *_: pytest.fail("rendered again"))


def test_what_one_process_rendered_another_sends(
    apps: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(apps[0]).say(LONG)
    first = thread(apps[0])
    forbid(monkeypatch)
    second = thread(apps[1])
    assert (second.data, second.headers["ETag"]) == (first.data, first.headers["ETag"])
    assert second.headers["Content-Encoding"] == "br"
    assert [shared(app) for app in apps] == [0, 1]
    assert thread(apps[1]).data == first.data
    assert shared(apps[1]) == 1, "the answer is kept in memory from then on"


def test_a_client_without_brotli_gets_its_own_coding(
    apps: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(apps[0]).say(LONG)
    plain = brotli.decompress(thread(apps[0]).data)
    forbid(monkeypatch)
    assert gzip.decompress(thread(apps[1], **{"Accept-Encoding": "gzip"}).data) == plain
    assert thread(apps[1], **{"Accept-Encoding": ""}).data == plain


def test_a_stale_answer_is_never_sent(apps: tuple[Flask, Flask]) -> None:
    Guest(apps[0]).say(LONG)
    thread(apps[0])
    Guest(apps[0], "Bea").say("A second comment")
    answer = thread(apps[1])
    assert b"A second comment" in brotli.decompress(answer.data)
    assert shared(apps[1]) == 0


def test_a_process_whose_own_answer_is_stale_takes_the_other_one(
    apps: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(apps[0]).say(LONG)
    for app in apps:
        thread(app)
    Guest(apps[0], "Bea").say("A second comment")
    now = thread(apps[0])
    forbid(monkeypatch)
    assert thread(apps[1]).data == now.data
    assert [shared(app) for app in apps] == [0, 2]


def test_answers_of_two_pages_are_kept_apart(apps: tuple[Flask, Flask]) -> None:
    other = f"{PAGE}-2"
    Guest(apps[0]).say(LONG)
    there = Guest(apps[0])
    there.page = {**there.page, "url": other}
    there.say("Of the other page. " + LONG)
    thread(apps[0])
    assert b"Of the other page." in brotli.decompress(thread(apps[1], other).data)
    assert b"Of the other page." not in brotli.decompress(thread(apps[1]).data)


def test_small_answers_and_files_are_not_shared(
    server: FakeRedis, apps: tuple[Flask, Flask]
) -> None:
    client = apps[0].test_client()
    for path in ("/embed.js", f"/counts?site=default&url={PAGE}"):
        assert client.get(path, headers=BROTLI).status_code == 200
    assert not server.values


@pytest.mark.parametrize("change", ["body", "signature", "other page", "short"])
def test_an_answer_that_another_program_wrote_is_not_used(
    server: FakeRedis, apps: tuple[Flask, Flask], change: str, caplog: pytest.LogCaptureFixture
) -> None:
    Guest(apps[0]).say(LONG)
    first = thread(apps[0])
    ((name, value),) = server.values.items()
    store = AnswerStore(server, "secret of another installation", FakeClock())  # type: ignore[arg-type]
    store.put(["/thread"], StoredAnswer("a", [], (0,), True, b"x"))
    foreign = next(found for one, found in server.values.items() if one != name)
    changed = {
        "body": value[:-1] + bytes([value[-1] ^ 1]),
        "signature": bytes(32) + value[32:],
        "other page": foreign,
        "short": b"x",
    }
    server.values[name] = changed[change]
    assert thread(apps[1]).data == first.data
    assert shared(apps[1]) == 0
    assert ("no valid signature" in caplog.text) == (change != "short")


def test_an_installation_with_another_secret_finds_nothing(server: FakeRedis) -> None:
    answer = StoredAnswer("tag", [("Vary", "Origin")], (0, 7), True, b"body\nof two lines")
    one, two = (AnswerStore(server, secret, FakeClock()) for secret in ("one", "two"))  # type: ignore[arg-type]
    one.put(["/thread", "site=a"], answer)
    assert one.get(["/thread", "site=a"]) == answer
    assert one.get(["/thread", "site=b"]) is None
    assert two.get(["/thread", "site=a"]) is None


def test_a_server_that_is_away_costs_one_question_in_half_a_minute(
    server: FakeRedis, apps: tuple[Flask, Flask], clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    Guest(apps[0]).say(LONG)
    server.is_away = True
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            assert thread(apps[0], f"{PAGE}?{number}").status_code == 200
            assert thread(apps[0]).status_code == 200
    assert server.asked == 1
    assert caplog.text.count("does not answer") == 1
    server.is_away = False
    clock.forward(seconds=PAUSE.seconds + 1)
    Guest(apps[0], "Bea").say("A second comment")
    first = thread(apps[0])
    assert len(server.values) == 1
    assert thread(apps[1]).data == first.data
    assert shared(apps[1]) == 1


def test_a_url_that_cannot_be_used_is_refused(tmp_path: Any) -> None:
    keys = {"COMMENTS_FOLDER": str(tmp_path), "COMMENTS_ALLOW_VOLATILE": True}
    with pytest.raises(SetupError, match="COMMENTS_CACHE_URL cannot be used"):
        create_app({**keys, "COMMENTS_CACHE_URL": "nonsense://x"})
