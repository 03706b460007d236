"""Processes share rendered answers through Redis; a stale or forged one is never sent."""

import gzip
import logging
from types import SimpleNamespace
from typing import Any

import brotli
import pytest
import redis
from flask import Flask
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import delete

from comment_service.app import create_app
from comment_service.errors import SetupError
from comment_service.storage.admin import sites
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Page
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

    connection_pool = SimpleNamespace(connection_class=dict, connection_kwargs={})

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
    store.put(["/thread"], StoredAnswer("a", [], (0,), b"x"))
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
    answer = StoredAnswer("tag", [("Vary", "Origin")], (0, 7), b"body\nof two lines")
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
    assert caplog.text.count("COMMENTS_CACHE_URL failed") == 1
    server.is_away = False
    clock.forward(seconds=PAUSE.seconds + 1)
    Guest(apps[0], "Bea").say("A second comment")
    first = thread(apps[0])
    assert len(server.values) == 1
    assert thread(apps[1]).data == first.data
    assert shared(apps[1]) == 1


@pytest.mark.parametrize("url", ["nonsense://x", "redis://h/1?foo=1", "redis://h:port/1"])
def test_a_url_that_cannot_be_used_is_refused(tmp_path: Any, url: str) -> None:
    keys = {"COMMENTS_FOLDER": str(tmp_path), "COMMENTS_ALLOW_VOLATILE": True}
    with pytest.raises(SetupError, match="COMMENTS_CACHE_URL cannot be used"):
        create_app({**keys, "COMMENTS_CACHE_URL": url})


@pytest.mark.parametrize(
    "changed", [{"PAGE_SIZE": 2}, {"HEADING_LEVEL": 4}, {"MAX_LENGTH": 100}, {"LOCALE": "de"}]
)
def test_an_answer_of_other_settings_is_rendered_anew(
    server: FakeRedis, sqlite_url: str, make_app: MakeApp, changed: dict[str, Any]
) -> None:
    first = make_app(sqlite_url, CACHE_URL=URL)
    other = make_app(sqlite_url, CACHE_URL=URL, **changed)
    alone = make_app(sqlite_url, **changed)
    for name in ("Ada", "Bea", "Cem"):
        Guest(first, name).say(f"{name}: {LONG}")
    thread(first)
    answer = thread(other)
    assert shared(other) == 0
    assert answer.data == thread(alone).data


def test_an_answer_of_another_program_is_rendered_anew(
    apps: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(apps[0]).say(LONG)
    old = thread(apps[0]).headers["ETag"]
    monkeypatch.setattr(render, "_program", lambda: "a later version")
    assert thread(apps[1], **{"If-None-Match": old}).status_code == 200
    assert shared(apps[1]) == 0


def test_a_stale_shared_answer_does_not_displace_a_current_one(
    apps: tuple[Flask, Flask], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(apps[0]).say(LONG)
    thread(apps[0])
    Guest(apps[0], "Bea").say("A second comment")
    gzipped = {"Accept-Encoding": "gzip"}
    current = thread(apps[1], **gzipped)  # only what is sent with Brotli is shared
    forbid(monkeypatch)
    for _ in range(3):
        clock.forward(seconds=61)
        assert thread(apps[1], **gzipped).data == current.data


def test_a_client_that_has_the_current_answer_needs_no_rendering(
    apps: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(apps[0]).say(LONG)
    thread(apps[0])
    Guest(apps[0], "Bea").say("A second comment")
    tag = thread(apps[0], **{"Accept-Encoding": "gzip"}).headers["ETag"]
    forbid(monkeypatch)
    assert thread(apps[1], **{"If-None-Match": tag}).status_code == 304


def test_made_up_pages_and_parts_are_not_shared(
    server: FakeRedis, apps: tuple[Flask, Flask]
) -> None:
    guest = Guest(apps[0])
    for number in range(3):
        assert thread(apps[0], f"{PAGE}?{number}").status_code == 200
    guest.say(LONG)
    query = {**guest.page, "sort": "newest", "after": "0.0"}
    assert guest.client.get("/thread", query_string=query, headers=BROTLI).status_code == 200
    assert not server.values
    guest.client.get("/counts", query_string=guest.page, headers=BROTLI)
    asked = server.asked
    guest.client.get("/counts", query_string={**guest.page, "lang": "de"}, headers=BROTLI)
    assert server.asked == asked, "what is never there is not asked for"


def test_a_service_that_keeps_no_answers_shares_none(
    server: FakeRedis, sqlite_url: str, make_app: MakeApp
) -> None:
    app = make_app(sqlite_url, CACHE_URL=URL, CACHE_MEGABYTES=0)
    Guest(app).say(LONG)
    assert thread(app).status_code == 200
    assert server.asked == 0


def test_a_shared_answer_of_a_page_that_is_gone_is_not_sent(apps: tuple[Flask, Flask]) -> None:
    Guest(apps[0]).say(LONG)
    assert LONG[:40] in brotli.decompress(thread(apps[0]).data).decode()
    with apps[0].app_context(), transaction() as current:
        current.execute(delete(Page))
    assert LONG[:40] not in brotli.decompress(thread(apps[1]).data).decode()
    assert shared(apps[1]) == 0


def test_answers_of_two_sites_are_kept_apart(apps: tuple[Flask, Flask]) -> None:
    state = apps[0].extensions["comments"]
    with apps[0].app_context(), transaction() as current:
        origins = ["https://blog.example"]
        sites.ensure_site(current, key="b", name="B", origins=origins, now=state.now())
    guest, other = Guest(apps[0]), Guest(apps[0])
    other.page = {**other.page, "site": "b"}
    guest.say("Of the first site. " + LONG)
    other.say("Of the second site. " + LONG)
    for app in apps:
        for one, own, foreign in ((guest, b"first", b"second"), (other, b"second", b"first")):
            answer = app.test_client().get("/thread", query_string=one.page, headers=BROTLI)
            html = brotli.decompress(answer.data)
            assert b"Of the " + own in html
            assert b"Of the " + foreign not in html
    assert shared(apps[1]) == 2
