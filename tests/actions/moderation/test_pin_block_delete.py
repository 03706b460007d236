"""Pinning, shadow-bans, permanent deletion; visibility of likes by rule."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment, Label, Revision, Verdict
from tests.people import PAGE, Guest, Moderator, ruled

SECRET = "my bank account is 12345 and I live in Elm Street"


@pytest.fixture
def moderator(app: Flask) -> Moderator:
    return Moderator(app)


def order(app: Flask, **query: str) -> list[str]:
    """Return the texts of a thread in display order."""
    thread = Guest(app).thread(**query)
    told = ("first", "second", "third")
    return sorted(
        (word for word in told if f">{word}<" in thread), key=lambda w: thread.index(f">{w}<")
    )


@pytest.mark.parametrize("sort", ["oldest", "newest", "best"])
def test_pinned_comment_is_first_once_in_every_order(
    app: Flask, moderator: Moderator, sort: str
) -> None:
    ids = [Guest(app).say(word).get_json()["id"] for word in ("first", "second", "third")]
    before = order(app, sort=sort)
    moderator.post(f"/moderation/comments/{ids[1]}/pin", pinned="1")
    assert order(app, sort=sort)[0] == "second"
    assert Guest(app).thread(sort=sort).count("Pinned") == 1
    moderator.post(f"/moderation/comments/{ids[2]}/pin", pinned="1")
    assert order(app, sort=sort)[0] == "third"
    moderator.decide(ids[2], "reject")
    assert "Pinned" not in Guest(app).thread(sort=sort)
    moderator.decide(ids[2], "approve")
    moderator.post(f"/moderation/comments/{ids[2]}/pin", pinned="0")
    assert order(app, sort=sort) == before


def test_only_public_top_level_comments_can_be_pinned(app: Flask, moderator: Moderator) -> None:
    guest = Guest(app)
    parent = guest.say("first").get_json()["id"]
    reply = guest.say("an answer", parent=parent).get_json()["id"]
    assert moderator.post(f"/moderation/comments/{reply}/pin", pinned="1").status_code == 422
    held = guest.say("maybe").get_json()["id"]
    assert moderator.post(f"/moderation/comments/{held}/pin", pinned="1").status_code == 422


def test_shadow_banned_author_sees_their_comments(app: Flask, moderator: Moderator) -> None:
    troll = Guest(app, "Troll")
    first = troll.say("a first word").get_json()["id"]
    moderator.post(f"/moderation/comments/{first}/author", mark="shadow")
    answer = troll.say("nobody reads this")
    assert (answer.status_code, answer.get_json()["status"]) == (201, "published")
    assert "Awaiting moderation" not in answer.get_json()["html"]
    mine = troll.get("/me").get_json()["pending"]
    assert [one["id"] for one in mine] == [answer.get_json()["id"]]
    assert "Awaiting moderation" not in mine[0]["html"]
    assert "nobody reads this" not in Guest(app).thread()
    rejected = moderator.queue("rejected")
    assert "who does not know" in rejected
    assert "shadow-banned" in rejected
    moderator.post(f"/moderation/comments/{first}/author", mark="clear")
    assert troll.say("a last word").get_json()["status"] == "published"
    assert "a last word" in Guest(app).thread()


def test_shadow_banned_author_replies_to_what_only_they_see(
    app: Flask, moderator: Moderator
) -> None:
    troll, other = Guest(app, "Troll"), Guest(app, "Bob")
    first = troll.say("a first word").get_json()["id"]
    moderator.post(f"/moderation/comments/{first}/author", mark="shadow")
    unseen = troll.say("nobody reads this").get_json()["id"]
    answer = troll.say("nor this", parent=unseen)
    assert (answer.status_code, answer.get_json()["status"]) == (201, "published")
    assert other.say("I read it", parent=unseen).status_code == 404


def test_shadow_banned_author_without_a_script_sees_their_comments(
    app: Flask, moderator: Moderator
) -> None:
    troll = Guest(app, "Troll")
    first = troll.say("a first word").get_json()["id"]
    moderator.post(f"/moderation/comments/{first}/author", mark="shadow")
    for fields in (troll.fields("nobody reads this"), troll.fields("nor this", parent=first)):
        sent = {name: value for name, value in fields.items() if value is not None}
        browser = troll.client
        browser.set_cookie("comments_visitor_default", troll.token)
        answer = browser.post(
            "/comments", data=sent, headers={"Authorization": f"Bearer {troll.token}"},
            environ_overrides={"REMOTE_ADDR": troll.network},
        )  # fmt: skip
        assert answer.status_code == 303
        shown = browser.get(
            answer.location, headers={"Authorization": f"Bearer {troll.token}"}
        ).get_data(as_text=True)
        assert fields["text"] in shown
        assert answer.location.rpartition("#")[2] in re.findall(r'id="(comment-\d+)"', shown)
        assert fields["text"] not in Guest(app).get("/thread.html").get_data(as_text=True)


@pytest.mark.parametrize("kind", ["like", "page", "reaction"])
def test_shadow_banned_author_sees_their_like_counted(
    app: Flask, moderator: Moderator, kind: str
) -> None:
    ruled(app, reactions="👍")
    troll, bob = Guest(app, "Troll"), Guest(app, "Bob")
    first = troll.say("a first word").get_json()["id"]
    liked = bob.say("one more word").get_json()["id"]
    moderator.post(f"/moderation/comments/{first}/author", mark="shadow")

    def give(guest: Guest) -> int:
        if kind == "reaction":
            body = {**guest.page, "reaction": f"{liked} 👍", "given": "1"}
            return int(guest.post("/reactions", body).get_json()["count"])
        return int(guest.like(None if kind == "page" else liked).get_json()["count"])

    assert give(troll) == 1
    assert give(Guest(app, "Cid")) == 1  # nobody else sees the troll's


def test_permanent_deletion_removes_the_text_everywhere(app: Flask, moderator: Moderator) -> None:
    guest = Guest(app, "Ada Lovelace")
    comment = guest.say(SECRET).get_json()["id"]
    guest.say("an answer", parent=comment)
    moderator.post(f"/moderation/comments/{comment}/edit", text=SECRET + ", number 7")
    moderator.post(f"/moderation/comments/{comment}/decide", decision="reject", note="Elm Street")
    moderator.decide(comment, "approve")
    asked = moderator.client.get(f"/moderation/comments/{comment}/erase").get_data(as_text=True)
    assert "Delete this comment for good?" in asked
    moderator.post(f"/moderation/comments/{comment}/erase")
    thread = Guest(app).thread()
    assert "Elm Street" not in thread
    assert "This comment was removed." in thread
    assert "an answer" in thread
    with app.app_context():
        row = session().get_one(Comment, comment)
        assert (row.status, row.name, row.text, row.html, row.network) == ("deleted", *4 * ("",))
        for table in (Revision, Label):
            assert session().scalars(select(table).where(table.comment_id == comment)).all() == []
        told = session().scalars(select(Verdict).where(Verdict.comment_id == comment)).all()
        assert told
        assert not any(verdict.reasons for verdict in told)
    assert "Elm Street" not in moderator.queue("all")
    shown = moderator.client.get(f"/moderation/comments/{comment}").get_data(as_text=True)
    assert "Elm Street" not in shown
    assert moderator.queue("all", q="Elm").count('class="card"') == 0
    card = moderator.client.get(f"/moderation/comments/{comment}").get_data(as_text=True)
    assert "Delete permanently…" not in card
    assert moderator.post(f"/moderation/comments/{comment}/erase").status_code == 404
    assert moderator.decide(comment, "approve").status_code == 404


def test_undo_skips_deleted_comments(app: Flask, moderator: Moderator) -> None:
    kept = Guest(app).say("first").get_json()["id"]
    gone = Guest(app).say("second").get_json()["id"]
    undo = moderator.decide(kept, "spam").get_json()["undo"]
    moderator.post(f"/moderation/comments/{gone}/erase")
    assert moderator.post(undo).status_code in {200, 303}
    assert order(app) == ["first"]


def test_likes_can_be_turned_off(app: Flask) -> None:
    guest = Guest(app)
    comment = guest.say("first").get_json()["id"]
    guest.like(comment)
    ruled(app, likes=False)
    assert guest.like(comment).get_json()["error"]["code"] == "likes_off"
    assert guest.like().get_json()["error"]["code"] == "likes_off"
    assert "comments-like" not in guest.thread()
    assert guest.like(comment, liked=False).get_json()["count"] == 0
    with app.app_context():
        page = session().scalars(select(Comment)).one().page
        assert page.url == PAGE


@pytest.mark.parametrize(
    ("likers", "reader", "mod"), [("moderators", 404, 200), ("nobody", 404, 404)]
)
def test_likers_are_visible_by_rule(
    app: Flask, moderator: Moderator, likers: str, reader: int, mod: int
) -> None:
    guest = Guest(app)
    comment = guest.say("first").get_json()["id"]
    guest.like(comment)
    assert "/likers" in guest.thread()
    ruled(app, likers=likers)
    assert "/likers" not in guest.thread()
    assert "Liked by 1 person" in guest.thread()
    assert guest.get("/likers", comment=comment).status_code == reader
    shown = moderator.client.get("/likers", query_string={**guest.page, "comment": comment})
    assert shown.status_code == mod
