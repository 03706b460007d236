"""Views to edit and delete one's own comment: access, refusals, and the data in ``/me``."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.fakes import FakeClock
from tests.people import PAGE, Guest, Moderator, ruled

TYPED = 'What I <b>meant</b> & "wrote"'


def said(guest: Guest, text: str = "A first thought") -> int:
    return int(guest.say(text).get_json()["id"])


class Plain:
    """A reader without script, identified by the cookie of the service's own pages."""

    def __init__(self, app: Flask, text: str = "A first thought") -> None:
        guest = Guest(app)
        self.client = guest.client
        sent = {**guest.fields(text)}
        answer = self.client.post("/comments", data=sent)
        assert answer.status_code == 303
        self.comment = int(answer.headers["Location"].partition("#comment-")[2])

    def send(self, path: str, **kind: Any) -> TestResponse:
        """Submit a form as a browser does from our own page."""
        headers = {"Origin": "http://localhost"}
        return self.client.post(f"/comments/{self.comment}/{path}", headers=headers, **kind)

    def page(self, path: str = "edit") -> str:
        return self.client.get(f"/comments/{self.comment}/{path}").get_data(as_text=True)

    def hidden(self, path: str = "edit") -> dict[str, str]:
        found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.page(path))
        return {name: unescape(value) for name, value in found}


def test_edit_without_script(lite: Flask) -> None:
    reader = Plain(lite)
    thread = reader.client.get("/thread.html", query_string={"site": "default", "url": PAGE})
    assert f'href="/comments/{reader.comment}/edit"' in thread.get_data(as_text=True)
    assert "A first thought" in reader.page()
    sent = {**reader.hidden(), "text": TYPED}
    answer = reader.send("edit", data=sent)
    assert answer.status_code == 303
    page = reader.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Your comment was updated." in page
    assert "<b>meant" not in page
    assert "meant</b>" in unescape(page)


def test_delete_without_script_asks_first(lite: Flask) -> None:
    reader = Plain(lite)
    assert "cannot be undone" in reader.page("delete")
    assert "A first thought" in reader.page("delete")
    sent = reader.hidden("delete")
    answer = reader.send("delete", data=sent)
    page = reader.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Your comment was deleted." in page
    assert "A first thought" not in page
    assert reader.client.get(f"/comments/{reader.comment}/delete").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": ""}, 422, "Write a comment first."),
        ({"text": "\u200b"}, 422, "Write a comment first."),
        ({"text": "x" * 10_001}, 422, "this has 1 more"),
        ({"token": "forged"}, 422, "please send it again"),
        ({"expected": "many"}, 422, "please send it again"),
        ({"expected": "7"}, 409, "changed since you opened it"),
    ],
)
def test_refused_edit_keeps_the_typed_text(
    lite: Flask, fields: dict[str, str], status: int, words: str
) -> None:
    reader = Plain(lite)
    sent = {**reader.hidden(), "text": TYPED, **fields}
    answer = reader.send("edit", data=sent)
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status
    assert words in page
    assert ("text" in fields) or (TYPED in page)
    assert "<b>meant" not in answer.get_data(as_text=True)
    told = reader.send("edit", json=sent)
    assert told.status_code == status
    assert words in str(told.get_json()["error"])


def test_edit_after_window_returns_the_text(lite: Flask, clock: FakeClock) -> None:
    reader = Plain(lite)
    sent = {**reader.hidden(), "text": TYPED}
    clock.forward(minutes=20)
    answer = reader.send("edit", data=sent)
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 403
    assert "You can no longer edit this comment." in page
    assert TYPED in page
    assert reader.client.get(f"/comments/{reader.comment}/edit").status_code == 403


def test_edit_conflict_shows_both_texts(lite: Flask) -> None:
    reader = Plain(lite)
    first = {**reader.hidden(), "text": "Said <i>elsewhere</i>"}
    second = {**first, "text": TYPED}
    assert reader.send("edit", data=first).status_code == 303
    answer = reader.send("edit", data=second)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Said <i>elsewhere</i>" in unescape(page)
    assert "<i>elsewhere" not in page
    assert TYPED in unescape(page)
    again = {"text": TYPED, **dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))}
    assert reader.send("edit", data=again).status_code == 303


def test_cookie_does_not_count_from_another_origin(lite: Flask) -> None:
    reader = Plain(lite)
    sent = {**reader.hidden(), "text": "Not mine"}
    for origin in ("https://blog.example", "https://evil.example"):
        for path in ("edit", "delete"):
            answer = reader.client.post(
                f"/comments/{reader.comment}/{path}", data=sent, headers={"Origin": origin}
            )
            assert answer.status_code == 403
    assert "A first thought" in reader.page()


def test_foreign_origin_is_refused_even_with_token(lite: Flask) -> None:
    ada = Guest(lite)
    comment = said(ada)
    for path in ("edit", "delete"):
        sent = {"token": ada.form_token(), "text": "Not mine", "expected": 0}
        answer = ada.post(f"/comments/{comment}/{path}", sent, Origin="https://evil.example")
        assert answer.get_json()["error"]["code"] == "origin_unknown"
        missing = ada.post(f"/comments/{comment}/{path}", {"text": "No token", "expected": 0})
        assert missing.get_json()["error"]["code"] == "stale_form"


def test_edit_links_and_time_are_shown_only_to_the_author(lite: Flask, clock: FakeClock) -> None:
    ada = Guest(lite)
    told = ada.say("A first thought").get_json()
    comment = told["id"]
    assert told["own"][0]["seconds"] == 900
    clock.forward(minutes=5)
    own = ada.get("/me").get_json()["own"]
    assert [(one["id"], one["seconds"]) for one in own] == [(comment, 600)]
    assert f"/comments/{comment}/edit" in own[0]["html"]
    assert Guest(lite).get("/me").get_json()["own"] == []
    assert f"/comments/{comment}/" not in ada.get("/thread").get_data(as_text=True)
    Guest(lite).report(comment)
    own = ada.get("/me").get_json()["own"]
    assert "/edit" not in own[0]["html"]
    assert f"/comments/{comment}/delete" in own[0]["html"]
    clock.forward(minutes=10)
    assert ada.get("/me").get_json()["own"] == []


def test_me_lists_a_limited_number_of_comments(lite: Flask) -> None:
    ruled(lite, burst_comments=0)
    ada = Guest(lite)
    for n in range(60):
        ada.say(f"Number {n}")
    assert len(ada.get("/me").get_json()["own"]) == 50


def test_page_can_have_its_own_edit_window(lite: Flask) -> None:
    ada = Guest(lite)
    said(ada)
    lite.config["WTF_CSRF_ENABLED"] = False
    owner = Moderator(lite).client
    fields = {"policy": "", "guests": "", "likes": "", "url": PAGE, "edit_minutes": "0"}
    assert owner.post("/moderation/rules/pages", data=fields).status_code == 303
    assert ada.get("/me").get_json()["own"] == []


def test_the_forms_are_private_and_readable_from_the_blog(lite: Flask) -> None:
    ada = Guest(lite)
    comment = said(ada, "<script>alert(1)</script>")
    for path in ("edit", "delete"):
        answer = ada.client.get(
            f"/comments/{comment}/{path}?part=1",
            headers={"Authorization": f"Bearer {ada.token}", "Origin": "https://blog.example"},
        )
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Access-Control-Allow-Origin"] == "https://blog.example"
        assert "<script>" not in answer.get_data(as_text=True)
