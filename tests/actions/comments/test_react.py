"""Reactions are rows like likes: one per author, for guests one per network; exact counts."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from comment_service import events
from comment_service.storage.db.session import session
from comment_service.storage.tables import Reaction
from comment_service.text.emoji import emoji_name, is_emoji
from tests.people import PAGE, Guest, Moderator, ruled
from tests.readers import Reader

UP, HEART = "👍", "❤️"


@pytest.fixture
def comment(app: Flask) -> int:
    ruled(app, reactions=f"{UP} {HEART}")
    return int(Guest(app).say("Feel something").get_json()["id"])


def react(guest: Guest, comment: int, emoji: str = UP, given: Any = True) -> TestResponse:
    body = {**guest.page, "reaction": f"{comment} {emoji}", "given": given}
    return guest.post("/reactions", body)


def test_reaction_counts_once_and_can_be_withdrawn(app: Flask, comment: int) -> None:
    ada = Guest(app)
    counts = [
        react(ada, comment, given=given).get_json()["count"] for given in (True, True, False, False)
    ]
    assert counts == [1, 1, 0, 0]
    told = react(ada, comment, HEART).get_json()
    assert (told["given"], told["count"], told["label"]) == (True, 1, "Heart: 1")
    assert 'aria-label="Heart: 1"' in ada.thread()
    assert 'aria-label="Thumbs up: 0"' in ada.thread()
    assert ada.get("/me").get_json()["reactions"] == [f"{comment} {HEART}"]
    assert react(ada, comment, HEART, "toggle").get_json()["given"] is False


def test_a_reaction_changes_the_page_s_tag_and_is_announced(app: Flask, comment: int) -> None:
    ada, heard = Guest(app), []
    before = ada.get("/thread").headers["ETag"]

    def listen(_sender: str, **told: object) -> None:
        heard.append(told)

    with events.reaction_changed.connected_to(listen):
        react(ada, comment)
        react(ada, comment)
    told = {"page_id": 1, "comment_id": comment, "emoji": UP, "given": True, "count": 1}
    assert heard == [told]
    assert ada.get("/thread").headers["ETag"] != before


def test_disallowed_reactions_can_only_be_withdrawn(app: Flask, comment: int) -> None:
    ada = Guest(app)
    assert react(ada, comment).status_code == 200
    assert react(ada, comment, "💩").status_code == 403
    ruled(app, reactions="")
    assert react(ada, comment).get_json()["error"]["code"] == "reactions_off"
    assert "comments-react" not in ada.thread()
    assert react(ada, comment, given=False).get_json()["count"] == 0


@pytest.mark.parametrize("sent", ["", "x 👍", "0 👍", "1", "1 👍 👍", f"{'9' * 30} 👍", "1 <b>"])
def test_odd_values_are_refused(app: Flask, comment: int, sent: str) -> None:
    ada = Guest(app)
    body = {**ada.page, "reaction": sent, "given": "1"}
    assert ada.post("/reactions", body).status_code in {403, 422}


def test_only_public_comments_get_reactions(app: Flask, comment: int) -> None:
    ada = Guest(app)
    held = ada.say("maybe").get_json()["id"]
    assert react(ada, held).status_code == 404
    Moderator(app).post(f"/moderation/comments/{comment}/erase")
    assert react(ada, comment).status_code == 404
    assert react(ada, 2**62).status_code == 404


def test_guests_count_per_network_and_accounts_each(app: Flask, comment: int) -> None:
    first, second = Guest(app, network="192.0.2.7"), Guest(app, network="192.0.2.7")
    assert react(first, comment).status_code == 200
    assert react(second, comment).status_code == 409
    assert react(second, comment, HEART).status_code == 200
    for name in ("Ruth", "Ilse"):
        known = Reader(app, name).guest
        known.network = "192.0.2.7"
        assert react(known, comment).status_code == 200
    assert 'aria-label="Thumbs up: 3"' in first.thread()


def test_counts_are_exact_in_parallel(app: Flask, comment: int) -> None:
    people = [Guest(app) for _ in range(12)]

    def send(person: Guest) -> list[int]:
        return [react(person, comment, given=g).status_code for g in (True, True, False, True)]

    with ThreadPoolExecutor(6) as pool:
        codes = Counter(code for found in pool.map(send, people) for code in found)
    assert codes == {200: 48}
    with app.app_context():
        assert session().scalar(select(func.count()).select_from(Reaction)) == 12
    assert 'aria-label="Thumbs up: 12"' in people[0].thread()


def test_reaction_button_without_script_toggles(app: Flask, comment: int) -> None:
    client = app.test_client()
    sent = {"site": "default", "url": PAGE, "given": "toggle", "reaction": f"{comment} {UP}"}
    for count in (1, 0):
        answer = client.post("/reactions", data=sent, headers={"Origin": "http://localhost"})
        assert answer.status_code == 303
        assert f"#comment-{comment}" in answer.headers["Location"]
        page = client.get(answer.headers["Location"]).get_data(as_text=True)
        assert f'aria-label="Thumbs up: {count}"' in page


def test_deleting_removes_reactions(app: Flask, comment: int) -> None:
    react(Guest(app), comment)
    Moderator(app).post(f"/moderation/comments/{comment}/erase")
    with app.app_context():
        assert session().scalar(select(func.count()).select_from(Reaction)) == 0


@pytest.mark.parametrize("text", ["👍", "❤️", "❤", "👍🏽", "🇩🇪", "1️⃣", "🏳️‍🌈", "☕"])
def test_single_emoji_are_known(text: str) -> None:
    assert is_emoji(text)
    assert emoji_name(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "👍👍", "あ", "㈠a", "<", "\u200d", "\ufe0f", "👨‍👩‍👧‍👦", "1", "&", "👍 ", "ℹx"],
)
def test_other_texts_are_no_emoji(text: str) -> None:
    assert not is_emoji(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("👍  ❤️ 👍", "👍 ❤️"), ("nonsense", None), ("👍 " * 8 + "abc", None), ("0", "")],
)
def test_owner_chooses_the_reactions(lite: Flask, typed: str, kept: str | None) -> None:
    from tests.web.admin.test_rules import RULES

    lite.config["WTF_CSRF_ENABLED"] = False
    client = Moderator(lite).client
    answer = client.post("/moderation/rules/", data={**RULES, "reactions": typed})
    if kept is None:
        assert "Up to 8 emoji" in answer.get_data(as_text=True)
        return
    assert answer.status_code == 303
    shown = client.get("/moderation/rules/").get_data(as_text=True)
    assert f'name="reactions" value="{kept}"' in shown
