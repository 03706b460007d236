"""What was sent a moment ago is sent again only for a request that differs in nothing of weight."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder

from comment_service import lifecycle
from comment_service.web.http.repeated import RepeatedRequests
from comment_service.web.ops.observation import METRICS
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import PAGE, Guest

QUERY = {"site": "default", "url": PAGE, "title": "A post"}
PROXY, STRANGER = "10.0.0.1", "198.51.100.7"


class Asked:
    """An app behind a proxy; counts the requests that were not answered a moment ago."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app = app
        self.repeated: RepeatedRequests = app.extensions["comments_repeated"]
        self.behind = 0
        inner = self.repeated._app

        def count(environ: Any, start: Any) -> Any:
            self.behind += 1
            return inner(environ, start)

        monkeypatch.setattr(self.repeated, "_app", count)

    def __call__(self, peer: str = PROXY, method: str = "GET", **more: str) -> tuple[str, Any, str]:
        """Return status, headers and body."""
        builder = EnvironBuilder("/thread", query_string=QUERY, method=method)
        environ = {**builder.get_environ(), "REMOTE_ADDR": peer, **more}
        begun: list[Any] = []
        body = b"".join(self.app.wsgi_app(environ, lambda *found: begun.extend(found)))
        return begun[0], dict(begun[1]), body.decode("latin1")


@pytest.fixture
def asked(make_app: MakeApp, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Asked:
    app = make_app(sqlite_url, TRUSTED_PROXIES=PROXY)
    Guest(app).say("The first comment")
    return Asked(app, monkeypatch)


def test_the_same_request_goes_no_further(asked: Asked) -> None:
    first = asked()
    assert [asked(), asked()] == [first, first]
    assert asked.behind == 1
    tag = first[1]["ETag"]
    same = asked(HTTP_IF_NONE_MATCH=tag)
    assert asked(HTTP_IF_NONE_MATCH=tag) == same
    assert (same[0][:3], same[2], asked.behind) == ("304", "", 2)


APART: tuple[dict[str, str], ...] = (
    {"HTTP_ACCEPT_ENCODING": "gzip"},
    {"HTTP_ACCEPT_LANGUAGE": "de"},
    {"HTTP_HOST": "elsewhere.example"},
    {"HTTP_IF_NONE_MATCH": '"x"'},
    {"HTTP_ORIGIN": "https://blog.example"},
    {"HTTP_X_FORWARDED_PREFIX": "/talk"},
    {"HTTP_X_FORWARDED_PROTO": "https"},
    {"QUERY_STRING": "site=default&url=https://blog.example/other"},
    {"SCRIPT_NAME": "/talk"},
    {"wsgi.url_scheme": "https"},
    {"peer": STRANGER, "HTTP_X_FORWARDED_PREFIX": "/talk"},
    {"peer": "", "HTTP_X_FORWARDED_PREFIX": "/talk"},
    {"method": "HEAD"},
    {"HTTP_FORWARDED": "proto=https"},
)


@pytest.mark.parametrize("one", APART, ids=str)
@pytest.mark.parametrize("other", [{}, {"HTTP_X_FORWARDED_PREFIX": "/talk"}], ids=str)
def test_whatever_counts_is_kept_apart(
    asked: Asked, one: dict[str, Any], other: dict[str, str]
) -> None:
    alone = []
    for more in (other, one):
        asked.repeated.clear()
        alone.append(asked(**more))
    asked.repeated.clear()
    assert [asked(**other), asked(**one), asked(**other), asked(**one)] == alone * 2


def test_who_asks_through_the_proxy_does_not_count(asked: Asked) -> None:
    first = asked(HTTP_X_FORWARDED_FOR="203.0.113.1")
    assert asked(HTTP_X_FORWARDED_FOR="203.0.113.2", HTTP_COOKIE="a=b") == first
    assert asked.behind == 1
    assert asked(peer=STRANGER) == asked(peer="203.0.113.9")
    assert asked.behind == 2


def test_a_comment_shows_at_once(asked: Asked) -> None:
    assert "Another one" not in asked()[2]
    Guest(asked.app).say("Another one")
    assert "Another one" in asked()[2]


@pytest.mark.parametrize("seconds", [1.1, -5])
def test_a_second_later_the_layers_behind_are_asked(
    asked: Asked, clock: FakeClock, seconds: float
) -> None:
    asked()
    clock.forward(seconds=seconds)
    asked()
    assert asked.behind == 2


def test_memory_is_bounded(asked: Asked, clock: FakeClock) -> None:
    for number in range(200):
        asked(HTTP_HOST=f"host-{number}.example")
        assert asked.repeated._bytes <= asked.repeated._max_bytes + 100_000
    assert asked.behind == 200
    asked.repeated._max_bytes = 0
    asked()
    asked(HTTP_HOST="one.example")
    assert len(asked.repeated._sent) == 1, "what is older goes when there is no place"
    for number in range(6000):
        asked.repeated._peer(f"198.51.{number // 250}.{number % 250}")
    assert len(asked.repeated._peers) <= 5000


def test_answers_are_counted(asked: Asked) -> None:
    for _ in range(5):
        asked()
    text = asked.app.extensions[METRICS].as_text()
    assert 'comments_kept_answers_total{route="/thread"} 4.0' in text


def test_the_child_of_a_fork_begins_anew(asked: Asked) -> None:
    asked()
    lifecycle.of(asked.app).renew_in_child()
    assert asked.repeated._sent == {}
