"""Held comments of a guest are re-screened after signing in, others are not."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service import events
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Page, Verdict, VerdictReason
from tests.conftest import MakeApp
from tests.people import PAGE, Guest, Moderator, ruled
from tests.readers import Reader

LINKED = "See [what I wrote](https://ada.example/knots) about it."


def held(app: Flask, guest: Guest, text: str = LINKED, **more: Any) -> int:
    answer = guest.say(text, **more).get_json()
    assert answer["status"] == "pending"
    return int(answer["id"])


def status(app: Flask, comment: int) -> str:
    with app.app_context():
        return session().get_one(Comment, comment).status


def receipts(app: Flask, comment: int) -> list[tuple[str, set[str]]]:
    with app.app_context():
        query = select(Verdict).where(Verdict.comment_id == comment).order_by(Verdict.id)
        return [(row.status, {r["name"] for r in row.reasons}) for row in session().scalars(query)]


def test_comment_held_as_a_guests_is_published(app: Flask) -> None:
    guest, heard = Guest(app), []
    comment = held(app, guest)

    def listen(_sender: object, **told: object) -> None:
        heard.append(told["comment_id"])

    with events.comment_published.connected_to(listen):
        Reader(app, guest=guest)
    assert status(app, comment) == "published"
    assert heard == [comment]
    (first, second) = receipts(app, comment)
    assert first[0] == "pending" and "first_comment_link" in first[1]
    assert second[0] == "published" and "proven" in second[1]
    assert "what I wrote" in guest.thread()


def test_passkey_alone_is_not_trusted(app: Flask) -> None:
    guest = Guest(app)
    comment = held(app, guest)
    Reader(app, provider="passkey", guest=guest)
    assert status(app, comment) == "pending"


@pytest.mark.parametrize("kind", ["mastodon", "indieauth"])
def test_visitors_own_server_is_not_trusted(make_app: MakeApp, sqlite_url: str, kind: str) -> None:
    app = make_app(sqlite_url, PROVIDERS={"fediverse": {"kind": kind}})
    for provider in (kind, "fediverse"):
        guest = Guest(app, provider)
        comment = held(app, guest, f"{LINKED} It is of {provider}, as I said before.")
        Reader(app, provider, provider=provider, guest=guest)
        assert status(app, comment) == "pending"


@pytest.mark.parametrize("rules", [{"policy": "all"}, {"policy": "first"}, {"known_hours": 5}])
def test_policy_still_holds_comments(app: Flask, rules: dict[str, Any]) -> None:
    ruled(app, **rules)
    guest = Guest(app)
    comment = held(app, guest)
    Reader(app, guest=guest)
    assert status(app, comment) == "pending"


@pytest.mark.parametrize("text", ["maybe this is fine", "maybe casino"])
def test_rescreening_never_worsens_the_status(app: Flask, text: str) -> None:
    guest = Guest(app)
    if "casino" in text:
        comment = held(app, guest)
        with app.app_context(), transaction() as current:
            current.get_one(Comment, comment).text = text
    else:
        comment = held(app, guest, text)
    Reader(app, guest=guest)
    assert status(app, comment) == "pending"
    assert [said for said, _names in receipts(app, comment)] == ["pending", "pending"]


def test_rescreening_keeps_decisions(app: Flask) -> None:
    owner, guest = Moderator(app), Guest(app)
    comment = held(app, guest)
    owner.decide(comment, "approve")
    owner.decide(comment, "hold")
    other = held(app, guest, "Another one: https://ada.example/second")
    owner.decide(other, "reject")
    Reader(app, guest=guest)
    assert (status(app, comment), status(app, other)) == ("pending", "rejected")


@pytest.mark.parametrize("reason", ["reported", "shield", "too_fast", "honeypot"])
def test_uncheckable_findings_stay_held(app: Flask, reason: str) -> None:
    guest = Guest(app)
    comment = held(app, guest)
    with app.app_context(), transaction() as current:
        current.add(VerdictReason(comment_id=comment, name=reason, status="pending"))
    Reader(app, guest=guest)
    assert status(app, comment) == "pending"


def test_rescreening_publishes_nothing_during_a_hold(app: Flask) -> None:
    guest = Guest(app)
    comment = held(app, guest)
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        current.scalars(select(Page)).one().shield_until = now + timedelta(minutes=10)
    Reader(app, guest=guest)
    assert status(app, comment) == "pending"


def test_nothing_is_published_on_a_closed_page(app: Flask) -> None:
    guest = Guest(app)
    comment = held(app, guest)
    with app.app_context(), transaction() as current:
        current.scalars(select(Page)).one().closed_at = app.extensions["comments"].now()
    Reader(app, guest=guest)
    assert status(app, comment) == "pending"


def test_blocked_guest_is_not_rescreened(app: Flask) -> None:
    owner, guest = Moderator(app), Guest(app)
    comment = held(app, guest)
    owner.post(f"/moderation/comments/{comment}/author", mark="block")
    Reader(app, guest=guest)
    assert status(app, comment) == "pending"


def test_a_new_account_with_a_link_is_not_held_for_it(app: Flask) -> None:
    ada = Reader(app)
    assert ada.guest.say(LINKED).get_json()["status"] == "published"


def test_guest_is_told_how_to_get_rechecked(app: Flask) -> None:
    guest = Guest(app)
    answer = guest.say(LINKED).get_json()
    (mine,) = guest.get("/me").get_json()["pending"]
    for html in (answer["html"], mine["html"]):
        assert "have it re-checked" in html
        assert 'href="/sign-in/?site=default' in html
    page = guest.client.get(
        "/thread.html", query_string={"site": "default", "url": PAGE, "posted": "pending"}
    )
    assert "have it re-checked" in page.get_data(as_text=True)
    ada = Reader(app)
    waits = ada.guest.say("maybe this is fine").get_json()
    assert "have it re-checked" not in waits["html"]
