"""Report views: page without script, dialog, JSON; protected like any other post."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.fakes import FakeClock
from tests.people import Guest, Moderator


def fields(page: TestResponse) -> dict[str, str]:
    """Return a form's hidden fields."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.get_data(as_text=True))
    return dict(found)


@pytest.fixture
def comment(lite: Flask) -> int:
    return int(Guest(lite, "Ann <b>").say("an <i>opinion</i>").get_json()["id"])


def test_report_link_is_the_same_for_everyone(lite: Flask, comment: int) -> None:
    link = f'href="/report?comment={comment}" data-act="report"'
    assert link in Guest(lite).thread()
    other = Guest(lite)
    other.say("known here")
    assert other.get("/thread").get_data(as_text=True) == Guest(lite).thread()


def test_report_without_script(lite: Flask, comment: int) -> None:
    client = lite.test_client()
    page = client.get(f"/report?comment={comment}")
    text = page.get_data(as_text=True)
    assert "Ann &lt;b&gt;" in text
    assert "no-store" in page.headers["Cache-Control"]
    sent = {**fields(page), "kind": "private", "words": "my address"}
    for words in ("Thank you. A moderator will look at it.", "already reported this"):
        answer = client.post("/reports", data=sent)
        assert answer.status_code == 303
        notice = client.get(answer.headers["Location"]).get_data(as_text=True)
        assert words in notice
        assert "/thread.html" in notice
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": ""}, "Choose a reason."),
        ({"kind": "boring"}, "Choose a reason."),
        ({"words": "x" * 501}, "At most 500 characters."),
        ({"token": "forged"}, "send it again"),
    ],
)
def test_refused_report_keeps_the_typed_text(
    lite: Flask, comment: int, change: dict[str, str], said: str
) -> None:
    client = lite.test_client()
    page = client.get(f"/report?comment={comment}")
    sent = {**fields(page), "kind": "abuse", "words": "</textarea>rude", **change}
    answer = client.post("/reports", data=sent)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert said in text
    assert sent["words"].replace("<", "&lt;").replace(">", "&gt;") in text
    again = {**sent, **fields(answer), "kind": "abuse", "words": "rude"}
    assert client.post("/reports", data=again).status_code == 303


def test_a_foreign_page_cannot_report(lite: Flask, comment: int) -> None:
    reader = Guest(lite)
    body = {"comment": comment, "kind": "spam", "token": reader.form_token()}
    refused = reader.post("/reports", body, Origin="https://evil.example")
    assert refused.status_code == 403
    assert reader.post("/reports", body, Origin="https://blog.example").status_code == 201


def test_report_form_token_expires(lite: Flask, comment: int, clock: FakeClock) -> None:
    reader = Guest(lite)
    body = {"comment": comment, "kind": "spam", "token": reader.form_token()}
    clock.forward(hours=25)
    assert reader.post("/reports", body).get_json()["error"]["code"] == "stale_form"


@pytest.mark.parametrize("body", [{}, {"comment": "x"}, {"comment": 0}, {"comment": 10**30}])
def test_odd_bodies_are_refused(lite: Flask, body: dict[str, object]) -> None:
    assert Guest(lite).post("/reports", body).status_code == 404


def test_report_form_needs_a_public_comment(lite: Flask) -> None:
    held = Guest(lite).say("maybe this").get_json()["id"]
    for query in (f"comment={held}", "comment=9", "comment=x", ""):
        answer = lite.test_client().get(f"/report?{query}")
        assert answer.status_code == 404
        assert "maybe this" not in answer.get_data(as_text=True)


def test_thanks_page_works_if_the_comment_is_pending_now(lite: Flask, comment: int) -> None:
    client = lite.test_client()
    sent = {**fields(client.get(f"/report?comment={comment}")), "kind": "abuse"}
    thanks = client.post("/reports", data=sent).headers["Location"]
    Moderator(lite).decide(comment, "hold")
    page = client.get(thanks)
    assert page.status_code == 200
    assert "Thank you" in page.get_data(as_text=True)
    assert "opinion" not in page.get_data(as_text=True)


@pytest.mark.parametrize("url", ["https://evil.example/", "javascript:alert(1)", ""])
def test_thanks_page_links_only_to_the_sites_pages(lite: Flask, url: str) -> None:
    query = {"site": "default", "url": url, "sent": "1"}
    answer = lite.test_client().get("/report", query_string=query)
    assert answer.status_code in {403, 422}
    assert "Thank you" not in answer.get_data(as_text=True)


def test_dialog_contains_only_the_form(lite: Flask, comment: int) -> None:
    text = Guest(lite).get("/report", comment=comment, part=1).get_data(as_text=True)
    assert text.strip().startswith("<dialog")
    assert "comments-reporting" in text


def test_a_published_comment_with_reports_is_in_the_queue(lite: Flask, comment: int) -> None:
    other = Guest(lite).say("nobody minds").get_json()["id"]
    Guest(lite).report(comment)
    page = Moderator(lite).queue("reported")
    assert f'id="card-{comment}"' in page
    assert f'id="card-{other}"' not in page
    assert 'Reported <span class="count">1</span>' in page
