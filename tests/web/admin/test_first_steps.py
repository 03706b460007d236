"""First steps after the set-up: embed code, live check, first comment; until done or dismissed."""

from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from comment_service.storage.admin import sites
from comment_service.storage.db.session import transaction
from tests.people import PAGE, Guest, Moderator

HOME = "/moderation/start/"
WEEK = "/moderation/week/"


@pytest.fixture
def owner(lite: Flask) -> Moderator:
    """Return the owner of two sites without comments."""
    lite.config["WTF_CSRF_ENABLED"] = False
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        origins = ["https://other.example"]
        sites.ensure_site(current, key="other", name="Other", origins=origins, now=now)
    return Moderator(lite)


def shown(client: FlaskClient, path: str, site: str = "default") -> str:
    return unescape(client.get(path, query_string={"site": site}).get_data(as_text=True))


def visit(app: Flask, site: str = "default", page: str = PAGE) -> None:
    """Ask for a thread as a browser on a page does."""
    origin = page[: page.index("/", 8)]
    query = {"site": site, "url": page, "title": "A post"}
    app.test_client().get("/thread", query_string=query, headers={"Origin": origin})


def test_the_page_has_the_line_and_finds_the_first_visit(lite: Flask, owner: Moderator) -> None:
    page = shown(owner.client, HOME)
    assert '<script src="http://localhost/embed.js" data-site="default" async></script>' in page
    assert "Waiting for the first visit of your page…" in page
    assert 'data-url="/moderation/start/found?site=default"' in page
    ask = {"query_string": {"site": "default"}}
    found = owner.client.get(f"{HOME}found", **ask)  # type: ignore[arg-type]
    assert found.get_json() == {"found": "", "wanted": 0}
    visit(lite)
    visit(lite, page="https://strange.example/post")
    found = owner.client.get(f"{HOME}found", **ask)  # type: ignore[arg-type]
    assert found.get_json() == {"found": f"✓ Found on {PAGE}", "wanted": 1}
    page = shown(owner.client, HOME)
    assert f"✓ Found on {PAGE}" in page
    assert "Check again" not in page
    assert "https://strange.example wanted to show comments" in page
    assert "Waiting for the first visit" in shown(owner.client, HOME, "other"), "another site"


def test_the_overview_keeps_the_steps_until_they_are_done(lite: Flask, owner: Moderator) -> None:
    assert '<a href="/moderation/start/?site=default">Put comments' in shown(owner.client, WEEK)
    visit(lite)
    page = shown(owner.client, WEEK)
    assert "✓ Comments appear on your pages" in page
    assert "○" in page
    comment = Guest(lite).say("maybe").get_json()["id"]
    assert "○" in shown(owner.client, WEEK), "it waits"
    owner.decide(comment, "approve")
    assert "First steps" not in shown(owner.client, WEEK)
    assert "✓ A comment is published." in shown(owner.client, HOME)
    visit(lite, "other", "https://other.example/post")
    assert "○" in shown(owner.client, WEEK, "other"), "no comment there"


def test_the_steps_are_put_away_for_one_site(lite: Flask, owner: Moderator) -> None:
    answer = owner.client.post(f"{HOME}dismiss?site=other")
    assert answer.location == "/moderation/week/?site=other"
    assert "First steps" not in shown(owner.client, WEEK, "other")
    assert "First steps" in shown(owner.client, WEEK)
    assert "first steps dismissed" in shown(owner.client, "/moderation/people/changes")
    helper = Moderator(lite, "Helper", "moderator", "default")
    assert "First steps" not in shown(helper.client, WEEK)


def test_an_empty_queue_says_the_next_step(lite: Flask, owner: Moderator) -> None:
    assert '<a href="/moderation/start/">Put comments on your pages' in owner.queue()
    helper = Moderator(lite, "Helper", "moderator", "other")
    assert "No comments yet." in helper.queue()
    assert "/moderation/start/" not in helper.queue()
    assert "No comments yet." not in owner.queue(q="nothing")
    Guest(lite).say("a word")
    assert "No comments yet." not in owner.queue()
    assert "No comments yet." in helper.queue(), "on their site"
