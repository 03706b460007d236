"""A bulk action covers what its confirmation page counted: later comments wait."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment
from tests.conftest import MakeApp
from tests.people import Guest, Moderator


def form_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the confirmation form."""
    form = page[page.index('name="whole"') - 200 :]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields}


def statuses(app: Flask) -> dict[str, int]:
    with app.app_context():
        rows = session().execute(select(Comment.status, func.count()).group_by(Comment.status))
        return {str(status): int(number) for status, number in rows}


@pytest.fixture
def held(make_app: MakeApp, sqlite_url: str) -> Flask:
    app = make_app(sqlite_url, POLICY="all")
    app.config["WTF_CSRF_ENABLED"] = False
    for number in range(4):
        Guest(app).say(f"waits, number {number}")
    return app


WHOLE = {"decision": "reject", "whole": "1", "queue": "pending", "query": ""}


@pytest.mark.parametrize("hidden_fields", [True, False])
def test_a_comment_that_comes_after_the_page_still_waits(held: Flask, hidden_fields: bool) -> None:
    client = Moderator(held).client
    page = client.post("/moderation/batches", data=WHOLE)
    assert "Reject: 4" in page.text
    Guest(held).say("came in between")
    fields = form_fields(page.text) if hidden_fields else {}
    client.post("/moderation/batches", data={**WHOLE, **fields, "sure": "1"})
    assert statuses(held) == {"rejected": 4, "pending": 1}


def test_nothing_is_decided_that_no_page_showed(held: Flask) -> None:
    answer = Moderator(held).client.post("/moderation/batches", data={**WHOLE, "sure": "1"})
    assert answer.status_code == 200
    assert "Reject: 4" in answer.text
    assert statuses(held) == {"pending": 4}


def test_what_was_confirmed_for_one_filter_does_not_hold_for_another(held: Flask) -> None:
    client = Moderator(held).client
    client.post("/moderation/batches", data={**WHOLE, "query": "q=number"})
    answer = client.post("/moderation/batches", data={**WHOLE, "sure": "1"})
    assert answer.status_code == 200
    assert statuses(held) == {"pending": 4}


def test_older_comments_that_match_by_now_are_shown_first(held: Flask) -> None:
    client = Moderator(held).client
    answer = client.post("/moderation/comments/1/decide", data={"decision": "approve"})
    assert answer.status_code == 303
    page = client.post("/moderation/batches", data=WHOLE)
    assert "Reject: 3" in page.text
    client.post("/moderation/comments/1/decide", data={"decision": "hold"})
    again = client.post(
        "/moderation/batches", data={**form_fields(page.text), "decision": "reject"}
    )
    assert again.status_code == 200
    assert "Reject: 4" in again.text
    client.post("/moderation/batches", data={**form_fields(again.text), "decision": "reject"})
    assert statuses(held) == {"rejected": 4}


def bulk_undo_fields(**more: Any) -> dict[str, Any]:
    return {"since": "2026-01-01", "queue": "published", "outcome": "hold", **more}


def test_a_bulk_undo_of_a_moderator_s_decisions_stops_at_what_was_shown(held: Flask) -> None:
    moderator = Moderator(held)
    client = moderator.client
    for number in (1, 2):
        client.post(f"/moderation/comments/{number}/decide", data={"decision": "approve"})
    fields = bulk_undo_fields(kind="moderator", moderator="1")
    page = client.post("/moderation/causes/?site=default", data=fields)
    assert "2 decisions" in page.text
    client.post("/moderation/comments/3/decide", data={"decision": "approve"})
    client.post("/moderation/causes/?site=default", data={**fields, "sure": "1"})
    assert statuses(held) == {"pending": 3, "published": 1}


def test_a_bulk_undo_of_a_model_stops_at_what_was_shown(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url)
    app.config["WTF_CSRF_ENABLED"] = False
    guest = Guest(app)
    guest.say("published by the model, one")
    guest.say("published by the model, two")
    client = Moderator(app).client
    with app.app_context():
        model = session().scalars(select(Comment.model)).first()
    fields = bulk_undo_fields(kind="model", model=model)
    page = client.post("/moderation/causes/?site=default", data=fields)
    assert "2 comments" in page.text
    guest.say("published by the model, three")
    client.post("/moderation/causes/?site=default", data={**fields, "sure": "1"})
    assert statuses(app) == {"pending": 2, "published": 1}
