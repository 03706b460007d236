"""The front answers from memory what is the same for everybody, and never anything else."""

import gzip
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import EnvironBuilder

from comment_service.extension import CommentService
from comment_service.storage.admin import sites
from comment_service.storage.db.generations import Generations
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Page
from comment_service.web.comments import render
from comment_service.web.front import Front
from comment_service.web.http.shared_cache import REPLY, Reply
from tests.conftest import MakeApp
from tests.fakes import FakeClassifier, FakeClock
from tests.people import PAGE, Guest, Moderator, ruled
from tests.web.comments.test_query_counts import statements

QUERY = {"site": "default", "url": PAGE, "title": "A post"}
ORIGIN = {"Origin": "https://blog.example"}
PUBLIC: dict[str, dict[str, str]] = {
    "/thread": QUERY,
    "/thread?sort=newest": {**QUERY, "sort": "newest"},
    "/thread?static=1": {**QUERY, "static": "1"},
    "/thread.html?part=1": {**QUERY, "part": "1", "sort": "best"},
    "/counts": QUERY,
    "/news": {**QUERY, "after": "0", "have": "0"},
    "/latest": {"site": "default"},
    "/feed.atom": {"site": "default"},
    "/feed.rss": QUERY,
    "/embed.js": {},
}


def front(app: Flask) -> Front:
    found: Front = app.extensions["comments_front"]
    return found


def get(client: FlaskClient, name: str, query: dict[str, str] | None = None, **headers: str) -> Any:
    found = PUBLIC.get(name, {}) if query is None else query
    return client.get(name.partition("?")[0], query_string=found, headers=headers)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_second_answer_is_the_first_and_asks_no_database(lite: Flask, name: str) -> None:
    Guest(lite).say("The first comment")
    client = lite.test_client()
    first = get(client, name, **ORIGIN)
    assert first.status_code == 200
    with statements(lite) as sent:
        again = get(client, name, **ORIGIN)
        head = client.head(name.partition("?")[0], query_string=PUBLIC[name], headers=ORIGIN)
        same = get(client, name, **{"If-None-Match": first.headers["ETag"], **ORIGIN})
    assert sent == []
    assert (again.get_data(), list(again.headers)) == (first.get_data(), list(first.headers))
    assert (head.get_data(), list(head.headers)) == (b"", list(first.headers))
    assert (same.status_code, same.get_data()) == (304, b"")
    for header in ("ETag", "Vary", "Cache-Control", "Access-Control-Allow-Origin"):
        assert same.headers[header] == first.headers[header]
    assert "Content-Length" not in same.headers
    assert "Date" not in first.headers, "it would be kept"


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "/embed.js"])
def test_a_comment_shows_at_once_in_this_and_in_another_process(
    sqlite_url: str, make_app: MakeApp, name: str
) -> None:
    app, other = make_app(sqlite_url), make_app(sqlite_url)
    Guest(app).say("The first comment")
    clients = [app.test_client(), other.test_client()]
    before = [get(client, name).headers["ETag"] for client in clients]
    Guest(app, "Bea").say("The second comment")
    for client, tag in zip(clients, before, strict=True):
        changed = get(client, name, **{"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["ETag"] != tag


def held(app: Flask) -> int:
    return int(Guest(app, "Held").say("maybe").get_json()["id"])


def rename(app: Flask) -> None:
    with app.app_context(), transaction() as current:
        current.query(Page).one().title = "Another title"


def close(app: Flask) -> None:
    with app.app_context(), transaction() as current:
        current.query(Page).one().closed_at = app.extensions["comments"].now()


def forbid_likes(app: Flask) -> None:
    ruled(app, likes=False)


CHANGES: dict[str, Callable[[Flask], object]] = {
    "approve": lambda app: Moderator(app).decide(held(app), "approve"),
    "like": lambda app: Guest(app, "Liker").like(1),
    "rename": rename,
    "close": close,
    "forbid likes": forbid_likes,
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_public_change_shows_at_once(lite: Flask, change: str) -> None:
    Guest(lite).say("The first comment")
    client = lite.test_client()
    tag = get(client, "/thread").headers["ETag"]
    CHANGES[change](lite)
    assert get(client, "/thread").headers["ETag"] != tag


def test_what_readers_do_not_see_leaves_the_answer_as_it_is(lite: Flask) -> None:
    Guest(lite).say("The first comment")
    client = lite.test_client()
    tag = get(client, "/thread").headers["ETag"]
    held(lite)
    with statements(lite) as sent:
        assert get(client, "/thread").headers["ETag"] == tag
    assert sent == []


def test_a_change_of_one_page_or_site_leaves_the_other(lite: Flask) -> None:
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        origins = ["https://other.example"]
        sites.ensure_site(current, key="other", name="Other", origins=origins, now=now)
    for path in ("one", "two"):
        guest = Guest(lite)
        guest.page["url"] = f"https://blog.example/{path}"
        guest.say(f"On {path}")
    client = lite.test_client()
    kept = [
        ("/thread", {"site": "default", "url": "https://blog.example/two"}),
        ("/latest", {"site": "other"}),
    ]
    for name, query in kept:
        assert get(client, name, query).status_code == 200
    guest.page["url"] = "https://blog.example/one"
    assert guest.say("More on one").status_code == 201
    with statements(lite) as sent:
        for name, query in kept:
            assert get(client, name, query).status_code == 200
    assert sent == []


def test_a_change_that_nobody_announced_shows_after_a_second(lite: Flask, clock: FakeClock) -> None:
    Guest(lite).say("The first comment")
    client = lite.test_client()
    tag = get(client, "/thread").headers["ETag"]
    with lite.app_context():  # as another machine does it
        session().execute(text("UPDATE comments_pages SET revision = revision + 1"))
        session().commit()
    assert get(client, "/thread").headers["ETag"] == tag
    clock.forward(seconds=1.1)
    assert get(client, "/thread").headers["ETag"] != tag


def test_one_query_checks_a_page_and_each_minute_the_view_does(
    lite: Flask, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = Guest(lite)
    guest.say("The first comment")
    guest.say("Elsewhere", url="https://blog.example/other")
    client = lite.test_client()
    first = get(client, "/thread").get_data()
    asked: list[str] = []
    inner = front(lite)._app

    def count(environ: Any, start: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return inner(environ, start)

    monkeypatch.setattr(front(lite), "_app", count)
    for _ in range(5):
        clock.forward(seconds=2)
        with statements(lite) as sent:
            assert get(client, "/thread").get_data() == first
        assert ([one for one in sent if one != "BEGIN"][1:], asked) == ([], [])
    with lite.app_context():  # as another machine does it
        session().execute(text("UPDATE comments_pages SET revision = 9 WHERE url LIKE '%/other'"))
        session().commit()
    clock.forward(seconds=2)
    assert (get(client, "/thread").get_data(), asked) == (first, [])
    clock.forward(seconds=60)
    assert (get(client, "/thread").get_data(), asked) == (first, ["/thread"])


def test_a_thread_that_closes_by_the_clock_shows_it_within_a_second(
    lite: Flask, clock: FakeClock
) -> None:
    ruled(lite, close_after_days=1)
    Guest(lite).say("The first comment")
    client = lite.test_client()
    clock.forward(seconds=86_400 - 3)
    for _ in range(2):
        assert "Comments are closed." not in get(client, "/thread").text
        clock.forward(seconds=1.2)
    clock.forward(seconds=1.2)
    assert "Comments are closed." in get(client, "/thread").text


def test_checking_an_answer_renders_nothing(
    lite: Flask, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(lite).say("The first comment")
    client = lite.test_client()
    first = get(client, "/thread")
    monkeypatch.setattr(render, "render", lambda *_: pytest.fail("rendered again"))
    clock.forward(seconds=2)
    assert get(client, "/thread").get_data() == first.get_data()


def test_nothing_personal_is_kept(lite: Flask) -> None:
    ada, bea = Guest(lite, "Ada"), Guest(lite, "Bea")
    ada.say("The first comment")
    ada.say("maybe held")
    answers = [ada.get("/thread"), bea.get("/thread"), get(lite.test_client(), "/thread")]
    assert len({answer.get_data() for answer in answers}) == 1
    assert b"maybe held" not in answers[0].get_data()
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    mine, theirs = ada.get("/thread.html"), bea.get("/thread.html")
    assert mine.headers["Cache-Control"] == theirs.headers["Cache-Control"] == "private, no-store"
    assert mine.get_data() != theirs.get_data()


CODINGS = (("br, gzip", "br"), ("gzip", "gzip"), ("gzip, br;q=0", "gzip"), ("", ""), ("zstd", ""))


@pytest.mark.parametrize(("accepted", "coding"), CODINGS)
def test_each_client_gets_the_coding_that_it_reads(lite: Flask, accepted: str, coding: str) -> None:
    Guest(lite).say("The first comment")
    client = lite.test_client()
    plain = get(client, "/thread", **{"Accept-Encoding": "identity"})
    answer = get(client, "/thread", **{"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding", "") == coding
    assert "Accept-Encoding" in answer.headers["Vary"]
    unpack = {"br": brotli.decompress, "gzip": __import__("gzip").decompress}.get(coding, bytes)
    assert unpack(answer.get_data()) == plain.get_data()
    assert (answer.headers["ETag"] == plain.headers["ETag"]) is (coding == "")


APART = {
    "language": ({"Accept-Language": "de"}, {"Accept-Language": "fr"}),
    "host": ({"Host": "localhost:8000"}, {"Host": "127.0.0.1"}),
    "origin": ({"Origin": "https://blog.example"}, {"Origin": "https://evil.example"}),
}


@pytest.mark.parametrize("first", ["br", "gzip"])
def test_only_the_compressed_form_is_kept_and_gives_every_other(lite: Flask, first: str) -> None:
    said = " ".join(["The second knot holds better."] * 330)
    Guest(lite).say(said)
    client = lite.test_client()
    get(client, "/thread", **{"Accept-Encoding": first})
    kept = front(lite).kept_bytes
    assert 0 < kept < len(said)
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
    for coding in ("", "gzip", "br", ""):
        answer = get(client, "/thread", **{"Accept-Encoding": coding})
        assert answer.headers.get("Content-Encoding", "") == coding
        assert said in unpack[coding](answer.data).decode()
        assert answer.headers["Content-Length"] == str(len(answer.data))
    assert front(lite).kept_bytes < len(said), "the plain form is made for whoever asks for it"


@pytest.mark.parametrize("coding", ["br", "gzip", ""])
def test_who_has_an_answer_that_is_not_kept_gets_no_rendering(
    lite: Flask, coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = Guest(lite)
    guest.say("The second knot holds better. " * 200)
    client = lite.test_client()
    first = get(client, "/thread", **{"Accept-Encoding": coding})
    front(lite).clear()
    asked = {"Accept-Encoding": coding, "If-None-Match": f'"other", {first.headers["ETag"]}'}
    with monkeypatch.context() as nothing:
        nothing.setattr(render, "render", Mock(side_effect=AssertionError("rendered")))
        answer = get(client, "/thread", **asked)
    assert (answer.status_code, answer.data) == (304, b"")
    for name in ("ETag", "Vary", "Cache-Control", "Access-Control-Allow-Origin"):
        assert answer.headers[name] == first.headers[name]
    assert front(lite).kept_bytes == 0
    guest.say("And the third")
    assert get(client, "/thread", **asked).status_code == 200


@pytest.mark.parametrize("name", ["/thread?static=1", "/feed.atom", "/news"])
@pytest.mark.parametrize("kind", APART)
def test_answers_for_others_are_kept_apart(lite: Flask, name: str, kind: str) -> None:
    Guest(lite).say("The first comment")
    client = lite.test_client()
    for headers in (*APART[kind], *APART[kind]):
        answer = get(client, name, **headers)
        front(lite).clear()
        lite.extensions["comments_repeated"].clear()
        alone = get(client, name, **headers)
        assert (answer.get_data(), list(answer.headers)) == (alone.get_data(), list(alone.headers))
        get(client, name, **APART[kind][0])


def test_memory_is_bounded_and_made_up_addresses_displace_no_thread(
    sqlite_url: str, make_app: MakeApp
) -> None:
    app = make_app(sqlite_url, CACHE_MEGABYTES=1)
    Guest(app).say("The first comment")
    client = app.test_client()
    get(client, "/thread")
    for number in range(150):
        get(client, "/thread", {**QUERY, "after": str(number + 1)})
        get(client, "/thread", {**QUERY, "url": f"https://blog.example/{number}"})
        assert front(app).kept_bytes <= 1_000_000
    with statements(app) as sent:
        get(client, "/thread")
    assert sent == []


ODD = ({"after": "01"}, {"after": "x"}, {"after": "-1"}, {"utm": "1"}, {"after": "9" * 50})


@pytest.mark.parametrize("more", ODD, ids=str)
def test_odd_requests_are_answered_and_not_kept(lite: Flask, more: dict[str, str]) -> None:
    Guest(lite).say("The first comment")
    client = lite.test_client()
    answer = get(client, "/thread", {**QUERY, **more}, **{"Accept-Encoding": "br"})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "br")
    assert front(lite).kept_bytes == 0


def test_a_304_about_another_page_is_not_sent_to_who_has_nothing() -> None:
    """A view that depends on other pages than before, and still finds the ETag unchanged."""
    places = [(2,), (3,)]

    def app(environ: Any, start_response: Any) -> list[bytes]:
        reply: Reply = environ[REPLY]
        reply.places = places.pop(0) if places else (3,)
        unchanged = environ.get("HTTP_IF_NONE_MATCH") == '"one"'
        start_response("304 NOT MODIFIED" if unchanged else "200 OK", [("ETag", '"one"')])
        return [b"" if unchanged else b"the page"]

    words, state = Generations(None), Mock(languages=("en",))
    state.now.return_value = datetime(2026, 1, 1, tzinfo=UTC)
    kept = Front(app, state, words, max_bytes=1_000_000, read_state=lambda _page: ())
    environ = EnvironBuilder(path="/counts", query_string={"url": PAGE}).get_environ()
    for _ in range(2):
        sent: list[str] = []
        body = kept(dict(environ), lambda status, _headers, sent=sent: sent.append(status))
        assert (sent, list(body)) == (["200 OK"], [b"the page"])
        words.change({2, 3})


def test_errors_are_not_kept(lite: Flask) -> None:
    client = lite.test_client()
    query = {"site": "later", "url": "https://later.example/"}
    assert get(client, "/thread", query).status_code == 404
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        sites.ensure_site(
            current, key="later", name="L", origins=["https://later.example"], now=now
        )
    assert get(client, "/thread", query).status_code == 200


def test_many_readers_of_a_changed_page_render_it_once(
    lite: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    Guest(lite).say("The first comment")
    inside, go, rendered = threading.Event(), threading.Event(), []
    real = render.render

    def slow(*arguments: Any) -> str:
        rendered.append(1)
        inside.set()
        assert go.wait(20)
        return real(*arguments)

    monkeypatch.setattr(render, "render", slow)
    bodies: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: bodies.append(get(lite.test_client(), "/thread").data))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    assert inside.wait(20)
    go.set()
    for thread in threads:
        thread.join(20)
    assert len(bodies) == 8
    assert len(set(bodies)) == 1
    assert len(rendered) == 1


def test_a_comment_that_arrives_while_a_page_is_rendered_is_not_lost(
    lite: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = Guest(lite)
    guest.say("The first comment")
    real = render.render

    def late(*arguments: Any) -> str:
        html = real(*arguments)
        monkeypatch.setattr(render, "render", real)
        guest.say("The second comment")
        return html

    monkeypatch.setattr(render, "render", late)
    client = lite.test_client()
    assert b"The second" not in get(client, "/thread").get_data()
    assert b"The second" in get(client, "/thread").get_data()


def test_a_mounted_service_keeps_answers_too(
    sqlite_url: str, tmp_path: Any, clock: FakeClock
) -> None:
    host = Flask("host", instance_path=str(tmp_path))
    host.config.update(
        COMMENTS_DATABASE_URL=sqlite_url, COMMENTS_ORIGINS="https://blog.example",
        COMMENTS_AUTO_MIGRATE=True, COMMENTS_WORKER=False, COMMENTS_ALLOW_VOLATILE=True,
    )  # fmt: skip
    service = CommentService().init_app(host, clock=clock, classifier=FakeClassifier())
    client = host.test_client()
    client.get("/comments/thread", query_string=QUERY)  # creates the site
    first = client.get("/comments/thread", query_string=QUERY)
    assert first.status_code == 200
    with statements(service) as sent:
        again = client.get("/comments/thread", query_string=QUERY)
    assert sent == []
    assert again.get_data() == first.get_data()
    assert b'"/comments/' in again.get_data()


def test_python_calls_of_a_kept_answer_are_few(lite: Flask) -> None:
    Guest(lite).say("The first comment")
    environ = EnvironBuilder(
        "/thread", query_string=QUERY, headers={"Accept-Encoding": "br", "Accept-Language": "de"}
    ).get_environ()

    def ask() -> list[bytes]:
        return list(lite.wsgi_app(dict(environ), lambda *_: lambda _data: None))

    ask()
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        assert ask()
    finally:
        sys.setprofile(before)
    assert calls <= 8, calls
