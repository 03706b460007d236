"""Two moderators on the same comment; notes on an author; saved replies."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.moderation import decide_by_mail
from comment_service.notify.worker import sweep
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment, Decision, Glance
from tests.fakes import FakeClock
from tests.people import Guest, Moderator

NASTY = '<script>alert("x")</script>'


@pytest.fixture
def anna(app: Flask) -> Moderator:
    return Moderator(app, "Anna")


@pytest.fixture
def ben(app: Flask) -> Moderator:
    return Moderator(app, "Ben")


@pytest.fixture
def comment(app: Flask) -> int:
    return int(Guest(app).say("maybe this").get_json()["id"])


def page(who: Moderator, path: str) -> str:
    return who.client.get(path).get_data(as_text=True)


def test_a_card_says_who_else_has_it_open(
    app: Flask, anna: Moderator, ben: Moderator, comment: int, clock: FakeClock
) -> None:
    page(anna, f"/moderation/comments/{comment}")
    assert "Anna has this open" in ben.queue()
    assert "has this open" not in anna.queue(), "not to oneself"
    told = ben.post(f"/moderation/comments/{comment}/glance").get_json()
    assert told == {"said": "Anna has this open"}
    assert "Ben has this open" in page(anna, f"/moderation/comments/{comment}")
    clock.forward(minutes=3)
    assert "has this open" not in ben.queue()
    clock.forward(days=2)
    with app.app_context():
        sweep(app.extensions["comments"])
        assert session().scalars(select(Glance)).first() is None


def test_decision_conflict_is_refused(
    app: Flask, anna: Moderator, ben: Moderator, comment: int
) -> None:
    path = f"/moderation/comments/{comment}/decide"
    assert anna.post(path, decision="approve", expected="pending").status_code == 200
    refused = ben.post(path, decision="spam", expected="pending")
    assert refused.status_code == 409
    assert refused.get_json()["error"]["code"] == "decided_before"
    sent = {"csrf_token": ben.token, "decision": "spam", "expected": "pending", "note": NASTY,
            "next": "/moderation/?q=1"}  # fmt: skip
    answer = ben.client.post(path, data=sent)
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Anna decided about this comment meanwhile: <span" in shown
    assert 'name="expected" value="published"' in shown
    assert NASTY not in shown
    assert ben.client.post(path, data={**sent, "expected": "published"}).status_code == 303
    with app.app_context():
        assert session().get_one(Comment, comment).status == "spam"
        assert len(list(session().scalars(select(Decision.id)))) == 2


def test_own_earlier_decision_is_no_conflict(anna: Moderator, comment: int) -> None:
    path = f"/moderation/comments/{comment}/decide"
    anna.post(path, decision="approve", expected="pending")
    assert anna.post(path, decision="spam", expected="pending").status_code == 200


def test_notes_are_listed_and_the_newest_is_on_the_card(
    app: Flask, anna: Moderator, ben: Moderator, comment: int
) -> None:
    path = f"/moderation/comments/{comment}"
    assert anna.post(f"{path}/notes", note=" ").status_code == 422
    for words in ("the first note", f"rude {NASTY}"):
        assert anna.post(f"{path}/notes", note=words).status_code == 303
    card = ben.queue()
    assert "2 notes" in card
    assert "the first note" not in card
    assert NASTY not in card
    shown = page(ben, path)
    assert "the first note" in shown
    assert "rude &lt;script&gt;" in shown
    found = re.findall(rf'action="({path}/notes/\d+/remove)"', shown)
    assert len(found) == 2
    ben.post(found[0])
    assert "1 note" in ben.queue()
    assert ben.post(found[0]).status_code == 404


def test_saved_reply_is_appended_to_the_typed_text(
    app: Flask, anna: Moderator, comment: int
) -> None:
    assert anna.post("/moderation/replies/", name="", text="x").status_code == 422
    assert "kept words" in anna.client.post(
        "/moderation/replies/", data={"csrf_token": anna.token, "name": "", "text": "kept words"}
    ).get_data(as_text=True)  # fmt: skip
    anna.post("/moderation/replies/", name=f"Thanks {NASTY}", text="Thank you, come back.")
    anna.post("/moderation/replies/1", name="Thanks", text="Thank you, come again.")
    sent = {"csrf_token": anna.token, "text": "Dear Ada,", "saved": "1", "insert": "1"}
    path = f"/moderation/comments/{comment}"
    shown = anna.client.post(f"{path}/reply", data=sent).get_data(as_text=True)
    assert "Dear Ada,\n\nThank you, come again.</textarea>" in shown
    with app.app_context():
        assert session().get_one(Comment, comment).status == "pending", "nothing was sent"
    assert NASTY not in page(anna, "/moderation/replies/")
    anna.post("/moderation/replies/1/remove")
    assert "Thank you" not in page(anna, path)


def test_saved_replies_are_paged(app: Flask, anna: Moderator) -> None:
    object.__setattr__(app.extensions["comments"].settings, "page_size", 2)
    for number in range(3):
        anna.post("/moderation/replies/", name=f"Reply {number}", text="Words.")
    first = page(anna, "/moderation/replies/")
    assert "Reply 0" not in first
    onwards = re.findall(r'href="(/moderation/replies/\?[^"]*before=\d+)"', first)[0]
    assert "Reply 0" in page(anna, onwards.replace("&amp;", "&"))


def test_reply_does_not_publish_a_comment_rejected_meanwhile(
    app: Flask, anna: Moderator, ben: Moderator, comment: int
) -> None:
    anna.decide(comment, "reject")
    fields = {"csrf_token": ben.token, "text": "My answer.", "key": "k" * 20}
    path = f"/moderation/comments/{comment}/reply"
    refused = ben.client.post(path, data={**fields, "expected": "pending"})
    shown = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "Anna decided in between" in shown
    assert "My answer." in shown
    with app.app_context():
        assert session().get_one(Comment, comment).status == "rejected"
    assert ben.client.post(path, data={**fields, "expected": "rejected"}).status_code == 303


def test_mail_link_conflict_keeps_the_link_valid(
    app: Flask, anna: Moderator, ben: Moderator, comment: int
) -> None:
    with app.app_context(), transaction() as current:
        runtime = app.extensions["comments"]
        about = {"moderator_id": ben.id, "comment_id": comment}
        token = decide_by_mail.create_link(session=current, runtime=runtime, **about)
    anna.decide(comment, "spam")
    path, nobody = f"/moderation/mail/{token}", app.test_client()
    sent = {"decision": "approve", "expected": "pending"}
    app.config["WTF_CSRF_ENABLED"] = False
    refused = nobody.post(path, data=sent)
    assert refused.status_code == 409
    assert "Anna decided in between" in refused.get_data(as_text=True)
    assert nobody.post(path, data={**sent, "expected": "spam"}).status_code == 200
    with app.app_context():
        assert session().get_one(Comment, comment).status == "published"


def test_status_change_without_decision_is_no_conflict(
    app: Flask, anna: Moderator, ben: Moderator, comment: int
) -> None:
    anna.decide(comment, "approve")
    with app.app_context(), transaction() as current:
        current.get_one(Comment, comment).status = "pending"  # as readers' reports do
    path = f"/moderation/comments/{comment}/decide"
    assert ben.post(path, decision="spam", expected="published").status_code == 200


@pytest.mark.parametrize("form", ["reply", "edit", "notes"])
def test_refused_input_is_shown_on_the_comments_page(
    app: Flask, anna: Moderator, comment: int, form: str
) -> None:
    long = "Many words of mine. " * 1000
    fields = {"csrf_token": anna.token, "text": long, "note": long, "key": "k" * 20}
    refused = anna.client.post(f"/moderation/comments/{comment}/{form}", data=fields)
    shown = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert long.strip() in shown
    assert 'role="alert"' in shown
    assert "A comment by" in shown


def test_unstorable_characters_cause_no_error(app: Flask, anna: Moderator, comment: int) -> None:
    assert anna.client.get("/moderation/week/?site=%00").status_code in {200, 404}
    noted = {"note": "a\0b", "decision": "reject"}
    assert anna.post(f"/moderation/comments/{comment}/decide", **noted).status_code == 200
    many = {"csrf_token": anna.token, "decision": "spam", "id": ["9" * 30, str(comment)]}
    assert anna.client.post("/moderation/batches", data=many).status_code == 303
    whole = {
        "whole": "1",
        "queue": "all",
        "query": "q=a%00b&reason=%00c&page=%00",
        "decision": "spam",
    }
    assert anna.post("/moderation/batches", **whole).status_code == 200


def test_two_tabs_of_a_moderator_count_once(
    app: Flask, anna: Moderator, comment: int, clock: FakeClock
) -> None:
    for _ in range(2):
        page(anna, f"/moderation/comments/{comment}")
        clock.forward(seconds=30)
    with app.app_context():
        assert len(session().scalars(select(Glance)).all()) == 1
