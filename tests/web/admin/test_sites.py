"""The page of sites and origins: one click adds an origin whose pages wanted to show comments."""

from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import EmbedOrigin
from tests.fakes import FakeClock
from tests.people import Guest, Moderator

HOME = "/moderation/sites/"
STRANGE = "https://strange.example"
QUERY = {"site": "default", "url": f"{STRANGE}/post?a=<b>", "title": "A post"}


@pytest.fixture
def owner(lite: Flask) -> Moderator:
    lite.config["WTF_CSRF_ENABLED"] = False
    return Moderator(lite)


def ask(app: Flask, origin: str = STRANGE, **more: str) -> TestResponse:
    """Ask for a thread as a browser on a page of an origin does."""
    headers = {"Origin": origin, "Accept": "application/json"}
    return app.test_client().get("/thread", query_string={**QUERY, **more}, headers=headers)


def shown(client: FlaskClient, path: str = HOME) -> str:
    return unescape(client.get(path).get_data(as_text=True))


def asked(app: Flask) -> list[tuple[int, str]]:
    with app.app_context():
        rows = session().scalars(select(EmbedOrigin).order_by(EmbedOrigin.origin))
        return [(row.site_id, row.origin) for row in rows]


def test_a_reader_learns_no_command_and_an_owner_adds_it_by_one_click(
    lite: Flask, owner: Moderator
) -> None:
    answer = ask(lite)
    assert answer.status_code == 403
    told = answer.get_json()["error"]
    assert told["message"] == "Comments are not available on this address."
    assert told["code"] == "origin_unknown"
    words = f"A page at {STRANGE} wanted to show comments and is not registered."
    for path in (HOME, "/moderation/week/?site=default"):
        assert words in shown(owner.client, path)
    helper = Moderator(lite, "Helper", "moderator", "default")
    assert words not in shown(helper.client, "/moderation/week/?site=default")
    answer = owner.client.post(f"{HOME}1/origins", data={"origin": STRANGE}, follow_redirects=True)
    assert "Its pages can show comments now." in answer.text
    assert words not in shown(owner.client)
    assert ask(lite).status_code == 200
    assert "Last seen" in shown(owner.client)


def test_only_a_browser_on_that_page_is_noticed(lite: Flask, owner: Moderator) -> None:
    ask(lite, origin="https://another.example")
    ask(lite, origin="null")
    lite.test_client().get("/thread", query_string=QUERY)
    own = {"Referer": f"{STRANGE}/moderation/snippet/preview"}
    lite.test_client().get("/thread", query_string=QUERY, headers=own)
    assert asked(lite) == []
    framed = {"Referer": f"{STRANGE}/"}
    answer = lite.test_client().get("/frame.html", query_string=QUERY, headers=framed)
    assert answer.status_code == 403
    assert "site add-origin" not in answer.text
    assert "/moderation/" not in answer.text
    assert asked(lite) == [(1, STRANGE)]
    remedy = owner.client.get("/frame.html", query_string=QUERY).text
    assert 'href="/moderation/sites/">Sites and origins' in remedy
    german = {"Accept-Language": "de"}
    remedy = owner.client.get("/frame.html", query_string=QUERY, headers=german).text
    assert "Dieser Ursprung ist nicht eingetragen" in remedy
    assert 'href="/moderation/sites/">Websites und Ursprünge' in remedy


def test_an_origin_is_noticed_for_the_site_that_it_asked(lite: Flask, owner: Moderator) -> None:
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        sites.ensure_site(current, key="other", name="Other", origins=[], now=now)
    ask(lite, site="other")
    assert asked(lite) == [(2, STRANGE)]
    assert "wanted to show" not in shown(owner.client, "/moderation/week/?site=default")
    assert "wanted to show" in shown(owner.client, "/moderation/week/?site=other")


def test_a_process_notes_an_origin_once_an_hour(
    lite: Flask, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(
        "comment_service.web.http.embeds.embed_origins.note",
        lambda **values: calls.append(values["origin"]),
    )
    for _ in range(3):
        ask(lite)
    ask(lite, url="https://blog.example/post", origin="https://blog.example")
    assert calls == [STRANGE, "https://blog.example"]
    clock.forward(hours=1, seconds=1)
    ask(lite)
    assert len(calls) == 3


def test_refused_values_stay_in_their_form(owner: Moderator) -> None:
    answer = owner.client.post(f"{HOME}1/origins", data={"origin": "https://*.co.uk"})
    assert answer.status_code == 422
    assert "covers websites of different owners" in answer.text
    assert 'id="origin-1" name="origin" autocomplete="off" value="https://*.co.uk"' in answer.text
    answer = owner.client.post(f"{HOME}1/origins", data={"origin": "https://blog.example"})
    assert (answer.status_code, "is registered already" in answer.text) == (422, True)
    fields = {"key": "<b>", "name": "<i>", "origin": ""}
    answer = owner.client.post(HOME, data=fields)
    assert answer.status_code == 422
    assert "<i>" not in answer.text
    fields = {"key": "bad key!", "name": "Notes", "origin": "https://notes.example"}
    answer = owner.client.post(HOME, data=fields)
    assert (answer.status_code, "begin with a letter" in answer.text) == (422, True)
    for typed in fields.values():
        assert f'value="{typed}"' in answer.text


def test_a_site_is_added_renamed_and_removed_by_its_name(lite: Flask, owner: Moderator) -> None:
    fields = {"key": "notes", "name": "My notes", "origin": "https://notes.example"}
    assert "The site is added." in owner.client.post(HOME, data=fields, follow_redirects=True).text
    guest = Guest(lite)
    guest.page = {"site": "notes", "url": "https://notes.example/1", "title": "One"}
    assert guest.say("a word").status_code == 201
    owner.client.post(f"{HOME}2/name", data={"name": "Notes"})
    log = shown(owner.client, "/moderation/people/changes")
    for words in ("notes: site added", "notes: site renamed"):
        assert words in log.replace("<bdi>", "").replace("</bdi>", "")
    page = shown(owner.client, f"{HOME}2/remove")
    assert "Its 1 comment is deleted" in page
    assert owner.client.post(f"{HOME}2/remove", data={"typed": "My notes"}).status_code == 422
    answer = owner.client.post(f"{HOME}2/remove", data={"typed": "Notes"}, follow_redirects=True)
    assert "The site is removed." in answer.text
    assert guest.get("/thread").status_code == 404
    assert "site removed" in shown(owner.client, "/moderation/people/changes")
    assert owner.client.post(f"{HOME}1/remove", data={"typed": "My blog"}).status_code == 403
