"""Decisions, undo, audit entries and labels."""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service import events
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment, Decision, Label
from tests.people import Guest, Moderator


def labels(app: Flask) -> Sequence[str]:
    """Return the labels in effect."""
    with app.app_context():
        query = select(Label.label).where(Label.withdrawn_at.is_(None)).order_by(Label.id)
        return list(session().scalars(query))


def status(app: Flask, comment: int) -> str:
    with app.app_context():
        return session().get_one(Comment, comment).status


@pytest.mark.parametrize(
    ("decision", "becomes", "label"),
    [("approve", "published", "ham"), ("spam", "spam", "spam"), ("reject", "rejected", "rejected")],
)
def test_decision_sets_status_and_label(
    app: Flask, decision: str, becomes: str, label: str
) -> None:
    comment = Guest(app).say("maybe this").get_json()["id"]
    moderator = Moderator(app)
    assert moderator.decide(comment, decision).get_json()["status"] == becomes
    assert (status(app, comment), labels(app)) == (becomes, [label])
    assert ("maybe this" in Guest(app).thread()) is (decision == "approve")
    with app.app_context():
        row = session().scalars(select(Decision)).one()
        assert (row.from_status, row.to_status, row.moderator_id) == (
            "pending",
            becomes,
            moderator.id,
        )


def test_undo_restores_the_status_and_withdraws_the_label(app: Flask) -> None:
    comment = Guest(app).say("maybe this").get_json()["id"]
    moderator = Moderator(app)
    undo = moderator.decide(comment, "approve").get_json()["undo"]
    assert moderator.post(undo).get_json()["status"] == "pending"
    assert (status(app, comment), labels(app)) == ("pending", [])
    assert "maybe this" not in Guest(app).thread()
    again = moderator.post(undo)
    assert (again.status_code, again.get_json()["error"]["code"]) == (409, "nothing_to_undo")


def test_undoing_the_second_decision_restores_the_first_label(app: Flask) -> None:
    comment = Guest(app).say("maybe this").get_json()["id"]
    moderator = Moderator(app)
    first = moderator.decide(comment, "spam").get_json()["undo"]
    second = moderator.decide(comment, "approve").get_json()["undo"]
    assert labels(app) == ["ham"]
    assert moderator.post(first).status_code == 409
    moderator.post(second)
    assert (status(app, comment), labels(app)) == ("spam", ["spam"])
    moderator.post(first)
    assert (status(app, comment), labels(app)) == ("pending", [])


def test_removed_parent_leaves_a_tombstone(app: Flask) -> None:
    guest = Guest(app)
    parent = guest.say("the parent").get_json()["id"]
    child = guest.say("the child", parent=parent).get_json()["id"]
    moderator = Moderator(app)
    moderator.decide(parent, "spam")
    thread = guest.thread()
    assert "the parent" not in thread
    assert "This comment was removed." in thread
    assert "the child" in thread
    moderator.decide(child, "reject")
    assert "This comment was removed." not in guest.thread()


def test_a_decision_is_announced(app: Flask) -> None:
    comment = Guest(app).say("maybe this").get_json()["id"]
    moderator = Moderator(app, "Grace")
    heard: list[object] = []

    def listen(_site: str, **told: object) -> None:
        heard.append((told["decision"], told["to_status"], told["moderator"]))

    with events.comment_decided.connected_to(listen):
        moderator.decide(comment, "approve")
    assert heard == [("approve", "published", "Grace")]
