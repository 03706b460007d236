"""The box for the privacy notice: asked where its site says so, and stored with the comment."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment
from tests.people import Guest, Moderator

LABEL, MISSING = "I have read the privacy notice.", "Please tick that you have read the privacy"


@pytest.fixture
def two(app: Flask) -> Flask:
    """Return an app with two sites, of which only the first asks."""
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        origins = ["https://other.example"]
        sites.ensure_site(current, key="other", name="Other", origins=origins, now=now)
        first = sites.find(current, "default")
        assert first is not None
        first.rules = {"privacy_notice": True}
    return app


def elsewhere(app: Flask) -> Guest:
    guest = Guest(app, "Other")
    guest.page |= {"site": "other", "url": "https://other.example/post"}
    return guest


def stored(app: Flask) -> dict[str, bool]:
    with app.app_context():
        rows = session().scalars(select(Comment).order_by(Comment.id))
        return {row.text: row.privacy_confirmed for row in rows}


def test_only_the_site_that_asks_requires_it(two: Flask) -> None:
    ada, other = Guest(two), elsewhere(two)
    refused = ada.say("Without the box")
    assert refused.status_code == 422
    assert MISSING in refused.get_json()["error"]["fields"]["privacy"][0]
    assert ada.say("With the box", privacy="1").status_code == 201
    assert other.say("Asked for nothing").status_code == 201
    assert other.say("Says so unasked", privacy="1").status_code == 201
    assert stored(two) == {
        "With the box": True,
        "Asked for nothing": False,
        "Says so unasked": False,
    }
    assert (LABEL in ada.thread(), LABEL in other.thread()) == (True, False)


@pytest.mark.parametrize("value", ["", "0", "on", "yes", "11"])
def test_nothing_but_the_box_counts(two: Flask, value: str) -> None:
    assert Guest(two).say("Not ticked", privacy=value).status_code == 422
    assert stored(two) == {}


def test_form_without_script_keeps_the_text_and_the_tick(two: Flask) -> None:
    ada = Guest(two)
    fields: dict[str, Any] = {k: v for k, v in ada.fields("Kept").items() if v is not None}
    page = ada.client.post("/comments", data=fields).get_data(as_text=True)
    assert MISSING in page
    assert "Kept</textarea>" in page
    assert 'name="privacy" value="1" required aria-invalid="true"' in page
    ticked = {**fields, "name": "", "privacy": "1"}
    page = ada.client.post("/comments", data=ticked).get_data(as_text=True)
    assert 'name="privacy" value="1" required checked' in page


def test_moderator_sees_it_and_the_export_has_it(two: Flask) -> None:
    ada = Guest(two)
    ada.say("buy now", privacy="1")
    elsewhere(two).say("buy here")
    pages = Moderator(two).client.get("/moderation/all").get_data(as_text=True)
    assert pages.count("privacy notice read") == 1


def test_browsers_with_the_form_from_before_get_the_box(two: Flask) -> None:
    other = elsewhere(two)
    before = two.test_client().get("/thread", query_string=other.page)
    known = {"If-None-Match": before.headers["ETag"]}
    assert LABEL not in before.get_data(as_text=True)
    with two.app_context(), transaction() as current:
        site = sites.find(current, "other")
        assert site is not None
        site.rules = {"privacy_notice": True}
    after = two.test_client().get("/thread", query_string=other.page, headers=known)
    assert after.status_code == 200
    assert LABEL in after.get_data(as_text=True)
