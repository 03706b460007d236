"""Views that create comments and likes (form or JSON): refusals say what to do, no text is lost."""

import json
import re
import secrets
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from comment_service import errors
from comment_service.actions.comments import submit as submit_action
from comment_service.storage.db.engine import WRITE
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Site
from comment_service.web.comments import write_views
from comment_service.web.errors import STATUS, status_of
from tests.fakes import FakeClassifier, FakeClock, FakeReading, FakeScore
from tests.people import PAGE, Guest

TYPED = 'What I <b>typed</b> & meant, "exactly"'


def form(guest: Guest, **fields: Any) -> dict[str, Any]:
    found = guest.fields(TYPED, **fields)
    return {k: v for k, v in found.items() if v is not None}


def test_form_without_script_redirects_to_the_thread(lite: Flask) -> None:
    guest = Guest(lite)
    answer = guest.client.post("/comments", data=form(guest))
    assert answer.status_code == 303
    page = guest.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Your comment is published." in page
    assert unescape(page).count("typed</b> & meant") >= 1
    assert "<b>typed</b>" not in page


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"name": ""}, 422, "Enter a name"),
        ({"name": "\u200b\u202e"}, 422, "Enter a name"),
        ({"email": "nonsense"}, 422, "Enter an address like name@example.org"),
        ({"website": "javascript:alert(1)"}, 422, "https://example.org"),
        ({"token": "forged"}, 422, "please send it again"),
        ({"token": ""}, 422, "please send it again"),
        ({"key": "short"}, 422, "please send it again"),
        ({"parent": "999"}, 404, "post it as a new comment"),
        ({"parent": "9" * 40}, 422, "please send it again"),
        ({"url": "https://elsewhere.example/"}, 403, "Comments are not available on this address."),
        ({"site": "nobody"}, 404, "Check data-site"),
        ({"url": "nonsense"}, 422, "correct the marked fields"),
    ],
)
def test_refused_form_keeps_the_text_and_says_what_to_do(
    lite: Flask, fields: dict[str, str], status: int, words: str
) -> None:
    guest = Guest(lite)
    sent = {**form(guest), **fields}
    answer = guest.client.post("/comments", data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert TYPED in unescape(page)
    assert "<b>typed" not in page
    assert words in unescape(page)
    told = guest.post("/comments", sent)
    assert told.status_code == status
    assert told.get_json()["error"]["message"]


@pytest.mark.parametrize("path", ["/thread", "/thread.html", "/likers"])
def test_a_url_without_a_page_says_what_is_missing(lite: Flask, path: str) -> None:
    answer = lite.test_client().get(f"{path}?site=default", headers={"Accept": "application/json"})
    message = answer.get_json()["error"]["message"]
    assert answer.status_code == 422
    assert "marked fields" not in message
    assert "address" in message


def test_a_line_end_of_a_form_counts_once(lite: Flask) -> None:
    """Browsers send CR LF for each line of a form without JavaScript."""
    longest = "a\r\n" * (lite.extensions["comments"].settings.max_length // 2)
    guest = Guest(lite)
    sent = guest.client.post(
        "/comments", data={**form(guest), "text": longest.rstrip(), "name": "Ada"}
    )
    assert sent.status_code == 303
    refused = guest.client.post(
        "/comments", data={**form(guest), "text": longest + "bb", "name": "Ada"}
    )
    assert refused.status_code == 422


def test_a_refused_form_can_be_sent_again_at_once(lite: Flask, clock: FakeClock) -> None:
    guest = Guest(lite)
    sent = form(guest)
    clock.forward(hours=25)
    page = guest.client.post("/comments", data=sent)
    assert "open for too long" in page.get_data(as_text=True)
    again = hidden(page.get_data(as_text=True))
    answer = guest.client.post("/comments", data={**again, "text": TYPED, "name": "Ada"})
    assert answer.status_code == 303


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's comment form."""
    found = page[page.index('class="comments-form"') :]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found)
    return {name: unescape(value) for name, value in fields}


@pytest.mark.parametrize(
    "body", ["[]", '"text"', "null", "{broken", '{"site": {"a": 1}}', '{"text": ["a"]}', "12"]
)
def test_invalid_json_is_refused(lite: Flask, body: str) -> None:
    answer = lite.test_client().post("/comments", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "invalid_fields")


def test_database_failure_returns_the_text(lite: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_all: object) -> None:
        raise OperationalError("INSERT", {}, OSError("disk full"))

    guest = Guest(lite)
    sent = form(guest)
    monkeypatch.setattr(write_views, "do_submit", full)
    answer = guest.client.post("/comments", data=sent)
    assert (answer.status_code, TYPED in unescape(answer.get_data(as_text=True))) == (503, True)
    assert guest.post("/comments", sent).get_json()["error"]["code"] == "storage_failed"


def test_internal_error_returns_the_text(lite: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = Guest(lite)
    sent = form(guest)
    monkeypatch.setattr(submit_action.markdown, "render", lambda _text: 1 / 0)
    lite.config["PROPAGATE_EXCEPTIONS"] = False
    answer = guest.client.post("/comments", data=sent)
    assert (answer.status_code, TYPED in unescape(answer.get_data(as_text=True))) == (500, True)


def test_a_body_that_is_too_large_is_refused(lite: Flask) -> None:
    guest = Guest(lite)
    answer = guest.post("/comments", {"text": "x" * 200_000})
    assert answer.status_code == 413
    long = guest.say("y" * 10_001)
    assert "this has 1 more" in long.get_json()["error"]["fields"]["text"][0]


def test_a_foreign_page_cannot_write(lite: Flask) -> None:
    guest = Guest(lite)
    body = guest.fields("hello")
    assert guest.post("/comments", body, Origin="https://evil.example").status_code == 403
    assert guest.post("/comments", body, Origin="null").status_code == 403
    assert guest.post("/comments", body, Origin="https://blog.example").status_code == 201


def test_cors_preflight_and_read_for_registered_pages(lite: Flask) -> None:
    client = lite.test_client()
    asked = client.options(
        "/comments",
        headers={"Origin": "https://blog.example", "Access-Control-Request-Method": "POST"},
    )
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == "https://blog.example"
    assert "Access-Control-Allow-Credentials" not in asked.headers
    guest = Guest(lite)
    answer = guest.post("/comments", guest.fields("hello"), Origin="https://blog.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://blog.example"


def test_form_token_is_bound_to_its_page(lite: Flask) -> None:
    guest = Guest(lite)
    sent = {**guest.fields("hello"), "url": f"{PAGE}/another"}
    assert guest.post("/comments", sent).get_json()["error"]["code"] == "stale_form"


def test_me_requires_a_token(lite: Flask) -> None:
    guest = Guest(lite)
    assert guest.get("/me").get_json()["name"] == ""
    comment = guest.say("hello").get_json()["id"]
    guest.like(comment)
    guest.like()
    mine = guest.get("/me").get_json()
    assert (mine["name"], mine["liked"], mine["page_liked"]) == ("Ada", [comment], True)
    guest.token = "forged"
    assert guest.get("/me").status_code == 401


def test_cookie_is_ignored_from_another_origin(lite: Flask) -> None:
    guest = Guest(lite)
    guest.client.post("/comments", data=form(guest), headers={"Origin": "http://localhost"})
    assert guest.client.get_cookie("comments_visitor_1") is not None
    other = guest.client.post(
        "/likes",
        data={**guest.page, "liked": "1"},
        headers={"Origin": "https://blog.example", "Accept": "application/json"},
    )
    assert other.get_json()["visitor"], "a new visitor, as the cookie was not believed"


def test_reading_sets_no_cookie(lite: Flask) -> None:
    client = lite.test_client()
    for path in ("/thread", "/thread.html", "/likers", "/privacy", "/form-token"):
        answer = client.get(path, query_string={"site": "default", "url": PAGE})
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False), path


def test_every_refusal_has_a_status() -> None:
    def leaves(kind: type[errors.Refusal]) -> list[type[errors.Refusal]]:
        return [kind, *(leaf for below in kind.__subclasses__() for leaf in leaves(below))]

    for kind in leaves(errors.Refusal):
        made = kind({}) if kind is errors.InvalidFields else kind("why")
        assert 400 <= status_of(made) < 500 or kind in {
            errors.ServerBusy,
            errors.FilterUnavailable,
        }
    assert set(STATUS) <= set(leaves(errors.Refusal))


def test_honeypot_is_not_revealed(lite: Flask) -> None:
    guest = Guest(lite)
    answer = guest.say("hello", subject="buy", key=secrets.token_hex(16))
    assert answer.status_code == 201
    assert "buy" not in json.dumps(answer.get_json())


def test_second_click_without_script_withdraws_a_like(lite: Flask) -> None:
    comment = Guest(lite).say("like me").get_json()["id"]
    client = lite.test_client()
    page = client.get("/thread.html", query_string=Guest(lite).page).get_data(as_text=True)
    assert 'name="liked" value="toggle"' in page
    fields = {**Guest(lite).page, "comment": comment, "liked": "toggle"}
    for is_liked in (True, False, True):
        answer = client.post("/likes", data=fields, headers={"Origin": "http://localhost"})
        assert answer.status_code == 303
        shown = client.get(answer.headers["Location"]).get_data(as_text=True)
        assert ("Liked by 1 person" in shown) is is_liked
    odd = client.post("/likes", data={**fields, "liked": "perhaps"})
    assert odd.status_code == 422


SITE_ORIGIN = {"Origin": "https://blog.example"}


@pytest.mark.parametrize(
    ("text", "headers", "shown"),
    [
        ("Well said", SITE_ORIGIN, "New title"),
        ("Well said", {}, "New title"),
        ("Well said", {"Origin": "http://localhost"}, "Old title"),
        ("maybe this waits", SITE_ORIGIN, "Old title"),
        ("Well said", {**SITE_ORIGIN, "title": ""}, "Old title"),
    ],
    ids=["page", "no browser", "page of ours, titled by a link", "not published", "no title"],
)
def test_the_later_title_wins_if_the_page_sends_it(
    lite: Flask, text: str, headers: dict[str, str], shown: str
) -> None:
    headers = dict(headers)
    Guest(lite).say("First", title="Old title")
    guest = Guest(lite)
    body = guest.fields(text, title=headers.pop("title", "New title"))
    assert guest.post("/comments", body, **headers).status_code == 201
    query = {"site": "default", "url": PAGE}
    assert f"“{shown}”" in lite.test_client().get("/feed.atom", query_string=query).text
    assert shown in lite.test_client().get("/thread.html", query_string=query).text


def test_a_star_registers_all_hosts_below_a_domain_and_no_others(lite: Flask) -> None:
    with lite.app_context(), transaction() as current:
        current.scalars(select(Site)).one().origins = ["https://*.blog.example"]
    guest, page = Guest(lite), "https://en.blog.example/post"
    assert guest.say("hello", url=page).status_code == 201
    like = {"site": "default", "url": page, "liked": "1"}
    for origin, status in (
        ("https://de.blog.example", 200),
        ("https://blog.example", 403),
        ("https://evilblog.example", 403),
        ("http://de.blog.example", 403),
    ):
        assert guest.post("/likes", like, Origin=origin).status_code == status, origin
    there = {**like, "url": "https://evilblog.example/post"}
    assert guest.post("/likes", there).status_code == 403
    client, query = lite.test_client(), {"site": "default", "url": page}
    frame = client.get("/frame.html", query_string=query)
    assert "https://*.blog.example" in frame.headers["Content-Security-Policy"]
    assert "*" not in client.get("/feed.atom?site=default").get_data(as_text=True)


class Reader(FakeClassifier):
    """A classifier that notes whether others can write while it reads a text."""

    blocking: list[bool]

    def read(self, text: str, **about: str) -> FakeReading:
        current = session()
        writes = current.in_transaction() and current.connection().get_execution_options()
        self.blocking.append(bool(writes and writes.get(WRITE)))
        return super().read(text, **about)

    def score(self, text: str, **evidence: object) -> FakeScore:
        assert evidence["read"] == FakeReading()
        return super().score(text, **evidence)


def test_a_text_is_read_before_others_are_blocked(lite: Flask) -> None:
    reader = lite.extensions["comments"].classifier = Reader()
    reader.blocking = []
    assert Guest(lite).say("Thank you for the second knot").status_code == 201
    assert reader.blocking == [False]


def test_a_text_that_cannot_be_read_is_held(lite: Flask) -> None:
    lite.extensions["comments"].classifier = FakeClassifier(fails=True)
    answer = Guest(lite).say("Thank you for the second knot")
    assert (answer.status_code, answer.get_json()["status"]) == (201, "pending")
