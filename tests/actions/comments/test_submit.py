"""Submitting a comment through the HTTP endpoint, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service import events
from comment_service.actions.comments import submit
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Author, Comment, Identity, Page, Verdict
from tests.fakes import FakeClassifier
from tests.people import Guest, Moderator


def test_good_comment_is_published_with_a_verdict(app: Flask) -> None:
    guest = Guest(app)
    answer = guest.say("A *good* read.", email="ada@example.org", website="ada.example")
    told = answer.get_json()
    assert answer.status_code == 201
    assert told["status"] == "published"
    assert "<em>good</em>" in guest.thread()
    assert "ada@example.org" not in guest.thread()
    with app.app_context():
        comment = session().get_one(Comment, told["id"])
        verdict = session().scalars(select(Verdict)).one()
        assert (comment.depth, comment.root_id, comment.url) == (
            0,
            comment.id,
            "https://ada.example",
        )
        assert (verdict.status, verdict.score, verdict.model) == ("published", 0.02, "fake-1")
        assert verdict.reasons[0]["sentence"]
        assert session().scalars(select(Page.comment_count)).one() == 1


def test_uncertain_is_held_and_certain_is_spam(app: Flask) -> None:
    held = Guest(app).say("maybe you like this")
    filed = Guest(app).say("the casino of my heart")
    assert held.status_code == filed.status_code == 201
    assert held.get_json()["status"] == "pending"
    assert "maybe" not in Guest(app).thread()
    with app.app_context():
        statuses = session().scalars(select(Comment.status).order_by(Comment.id)).all()
        assert statuses == ["pending", "spam"]


def test_spam_looks_pending_to_its_author(app: Flask) -> None:
    spammer = Guest(app)
    told = spammer.say("the casino of my heart").get_json()
    assert told["status"] == "pending"
    assert [one["id"] for one in spammer.get("/me").get_json()["pending"]] == [told["id"]]


def test_replies_make_a_tree_of_any_depth(app: Flask) -> None:
    guest = Guest(app)
    parent = None
    for depth in range(12):
        parent = guest.say(f"level {depth}", parent=parent).get_json()["id"]
    with app.app_context():
        comments = session().scalars(select(Comment).order_by(Comment.id)).all()
        assert [c.depth for c in comments] == list(range(12))
        assert {c.root_id for c in comments} == {comments[0].id}
    assert "level 11" in guest.thread(focus=parent)


def test_reply_to_a_non_public_comment_is_refused(app: Flask) -> None:
    held = Guest(app).say("maybe").get_json()["id"]
    answer = Guest(app).say("I agree", parent=held)
    assert answer.status_code == 404
    assert "post it as a new comment" in answer.get_json()["error"]["message"]


def test_the_same_key_in_parallel_is_one_comment(app: Flask) -> None:
    guest = Guest(app)
    body = guest.fields("sent fifty times")

    def send(_number: int) -> tuple[int, int]:
        answer = Guest(app, network=guest.network).post("/comments", body)
        return answer.status_code, answer.get_json()["id"]

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(50)))
    assert sorted({status for status, _ in answers}) == [200, 201]
    assert len({comment for _, comment in answers}) == 1
    assert [status for status, _ in answers].count(201) == 1
    with app.app_context():
        assert session().scalar(select(func.count()).select_from(Comment)) == 1
        assert session().scalar(select(func.count()).select_from(Author)) == 1


def test_one_key_for_two_texts_is_refused(app: Flask) -> None:
    guest = Guest(app)
    key = "k" * 32
    assert guest.say("one", key=key).status_code == 201
    answer = guest.say("two", key=key)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "key_reused")


def test_a_repeated_key_opens_no_session_of_an_account(app: Flask) -> None:
    key, guest, stranger = "k" * 32, Guest(app), Guest(app)
    comment = guest.say("one", key=key).get_json()["id"]
    assert stranger.say("one", key=key).get_json()["visitor"]
    with app.app_context(), transaction() as current:
        author_id = current.get_one(Comment, comment).author_id
        identity = current.scalars(select(Identity).where(Identity.author_id == author_id)).one()
        identity.provider = "github"
    told = Guest(app).say("one", key=key).get_json()
    assert (told["id"], told.get("visitor", "")) == (comment, "")


def test_signals_are_sent_after_commit_and_isolated(app: Flask) -> None:
    heard: list[object] = []

    def broken(_site: str, **_told: object) -> None:
        raise RuntimeError("a listener of somebody else's")

    def listen(site: str, **told: object) -> None:
        with app.app_context():
            found = session().get(Comment, told["comment_id"])
            heard.append((site, told["status"], found is not None))

    with (
        events.comment_submitted.connected_to(broken),
        events.comment_submitted.connected_to(listen),
    ):
        answer = Guest(app).say("hello")
    assert answer.status_code == 201
    assert heard == [("default", "published", True)]


def test_failing_model_holds_comments(app: Flask, classifier: FakeClassifier) -> None:
    classifier.fails = True
    answer = Guest(app).say("nothing wrong with this")
    assert (answer.status_code, answer.get_json()["status"]) == (201, "pending")
    classifier.fails = False
    assert "The spam model failed" in Moderator(app).queue()


def test_a_reply_to_a_comment_on_another_page_is_refused(app: Flask) -> None:
    elsewhere = Guest(app).say("on the other page", url="https://blog.example/other")
    answer = Guest(app).say("I agree", parent=elsewhere.get_json()["id"])
    assert answer.status_code == 404
    assert "is gone" in answer.get_json()["error"]["message"]


def test_a_key_and_a_network_are_worked_on_one_at_a_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []

    def remember(_session: object, name: str) -> None:
        held.append(name.partition(" ")[0])

    monkeypatch.setattr(submit, "serialise", remember)
    assert Guest(app).say("hello").status_code == 201
    assert held[:2] == ["key", "network"], "in this order, before the page is locked"
