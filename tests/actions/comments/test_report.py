"""Reports by readers: one per reader, weighted and settled; enough of them hold a comment."""

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.comments.report import (
    MAX_PER_HOUR,
    MIN_SETTLED,
    WEIGHT_KNOWN,
    WEIGHT_STRANGER,
    WEIGHT_TRUSTED,
    WEIGHT_UNRELIABLE,
)
from comment_service.events import comment_reported
from comment_service.notify import worker
from comment_service.storage.comments import reports
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Author, Comment, Report, Verdict
from tests.fakes import FakeClock
from tests.people import Guest, Moderator


def complain(app: Flask, comment: int, number: int = 1, kind: str = "spam") -> list[Guest]:
    """Report a comment as strangers, each from a separate network."""
    readers = [Guest(app, f"Reader {n}") for n in range(number)]
    for reader in readers:
        assert reader.report(comment, kind=kind).status_code == 201
    return readers


def comment_of(app: Flask, comment: int) -> Comment:
    with app.app_context():
        return session().get_one(Comment, comment)


def rows(app: Flask) -> list[Report]:
    with app.app_context():
        return list(session().scalars(select(Report).order_by(Report.id)))


@pytest.fixture
def comment(app: Flask) -> int:
    return int(Guest(app, "Author").say("an opinion").get_json()["id"])


def test_one_report_per_network_and_comment(app: Flask, comment: int) -> None:
    reader = Guest(app)
    assert reader.report(comment, kind="abuse", words="<b>rude</b>").status_code == 201
    again = reader.report(comment, kind="spam", words="other words")
    assert again.status_code == 200
    assert "already" in again.get_json()["message"]
    [row] = rows(app)
    assert (row.kind, row.reason, row.weight) == ("abuse", "<b>rude</b>", WEIGHT_STRANGER)
    found = comment_of(app, comment)
    assert (found.report_count, found.reported, found.status) == (1, True, "published")


def test_one_report_per_author_across_networks(app: Flask, comment: int) -> None:
    reader = Guest(app)
    reader.say("I am known here")
    reader.report(comment)
    reader.network = "203.0.113.9"
    assert reader.report(comment).status_code == 200
    assert [row.weight for row in rows(app)] == [WEIGHT_KNOWN]


def test_report_weights(app: Flask, comment: int, clock: FakeClock) -> None:
    trusted, blocked = Guest(app, "Friend"), Guest(app, "Foe")
    for reader, mark in ((trusted, "trusted_at"), (blocked, "blocked_at")):
        own = reader.say(f"words of {reader.name}").get_json()["id"]
        with app.app_context(), transaction() as current:
            author = current.get_one(Author, current.get_one(Comment, own).author_id)
            setattr(author, mark, clock.now)
    for reader in (trusted, blocked):
        reader.report(comment)
    assert [row.weight for row in rows(app)] == [WEIGHT_TRUSTED, WEIGHT_UNRELIABLE]


def test_unreliable_reporters_count_little(app: Flask, clock: FakeClock) -> None:
    wolf, moderator = Guest(app, "Wolf"), Moderator(app)
    for n in range(MIN_SETTLED):
        found = Guest(app).say(f"honest {n}").get_json()["id"]
        wolf.report(found)
        moderator.decide(found, "approve")
        clock.forward(minutes=1)
    last = Guest(app).say("honest too").get_json()["id"]
    wolf.report(last)
    assert [row.weight for row in rows(app)] == [WEIGHT_STRANGER] * MIN_SETTLED + [
        WEIGHT_UNRELIABLE
    ]


def test_new_author_on_the_same_network_stays_unreliable(app: Flask, clock: FakeClock) -> None:
    wolf, moderator = Guest(app, "Wolf"), Moderator(app)
    for n in range(MIN_SETTLED):
        found = Guest(app).say(f"honest {n}").get_json()["id"]
        wolf.report(found)
        moderator.decide(found, "approve")
        clock.forward(minutes=1)
    last = Guest(app).say("honest too").get_json()["id"]
    sheep = Guest(app, "Sheep", network=wolf.network)
    sheep.say("I am new here")
    sheep.report(last)
    assert rows(app)[-1].weight == WEIGHT_UNRELIABLE
    assert rows(app)[-1].author_id is not None


def test_enough_reports_hold_a_comment(app: Flask, comment: int) -> None:
    told: list[dict[str, object]] = []

    def hear(_site: str, **payload: object) -> None:
        told.append(payload)

    with comment_reported.connected_to(hear):
        complain(app, comment, 5)
        assert comment_of(app, comment).status == "published"
        complain(app, comment, 1, kind="abuse")
    found = comment_of(app, comment)
    assert (found.status, found.shown, found.report_count) == ("pending", False, 6)
    assert (told[-1]["held"], told[-1]["count"], told[-1]["kind"]) == (True, 6, "abuse")
    with app.app_context():
        newest = session().scalars(select(Verdict).order_by(Verdict.id.desc())).first()
        assert newest is not None
        assert newest.reasons[0]["name"] == "reported"
        assert newest.reasons[0]["sentence"] == "6 readers reported it: spam ×5, abuse"
        assert newest.score == 0.02, "what the model said stays with it"
    assert "an opinion" not in Guest(app).thread()
    assert "an opinion" in Moderator(app).queue(reason="reported")


def test_moderator_decisions_override_reports(app: Flask, comment: int, clock: FakeClock) -> None:
    complain(app, comment, 6)
    clock.forward(minutes=1)
    moderator = Moderator(app)
    moderator.decide(comment, "approve")
    assert [row.upheld for row in rows(app)] == [False] * 6
    clock.forward(minutes=1)
    complain(app, comment, 8)
    found = comment_of(app, comment)
    assert (found.status, found.report_count, found.reported) == ("published", 8, True)
    assert "an opinion" in moderator.queue("reported")


@pytest.mark.parametrize(
    ("decision", "upheld", "left"),
    [("approve", False, 0), ("spam", True, 0), ("reject", True, 0), ("hold", None, 1)],
)
def test_decision_settles_reports_and_undo_reopens_them(
    app: Flask, comment: int, clock: FakeClock, decision: str, upheld: bool | None, left: int
) -> None:
    complain(app, comment)
    clock.forward(minutes=1)
    moderator = Moderator(app)
    undo = moderator.decide(comment, decision).get_json()["undo"]
    assert [row.upheld for row in rows(app)] == [upheld]
    assert comment_of(app, comment).report_count == left
    moderator.post(undo)
    assert [(row.upheld, row.settled_at) for row in rows(app)] == [(None, None)]
    assert comment_of(app, comment).reported


def test_last_decision_counts_for_reports(app: Flask, comment: int, clock: FakeClock) -> None:
    complain(app, comment)
    moderator = Moderator(app)
    undo = ""
    for decision in ("spam", "approve"):
        clock.forward(minutes=1)
        undo = moderator.decide(comment, decision).get_json()["undo"]
    assert [row.upheld for row in rows(app)] == [False]
    moderator.post(undo)
    assert [row.upheld for row in rows(app)] == [True], "the decision before stands again"


def test_same_moderator_can_approve_again(app: Flask, comment: int, clock: FakeClock) -> None:
    moderator = Moderator(app)
    moderator.decide(comment, "approve")
    clock.forward(minutes=1)
    complain(app, comment)
    clock.forward(minutes=1)
    assert "Keep" in moderator.queue("reported")
    moderator.decide(comment, "approve")
    assert not comment_of(app, comment).reported


def test_approved_comment_needs_twice_the_weight(app: Flask, comment: int) -> None:
    Moderator(app).decide(comment, "approve")
    complain(app, comment, 11)
    assert comment_of(app, comment).status == "published"
    complain(app, comment, 1)
    assert comment_of(app, comment).status == "pending"


def test_a_moderator_s_own_comment_is_never_held(app: Flask, comment: int) -> None:
    with app.app_context(), transaction() as current:
        current.get_one(Comment, comment).by_moderator = True
    complain(app, comment, 7)
    assert comment_of(app, comment).status == "published"


@pytest.mark.parametrize(("limit", "status"), [(0, "published"), (0.5, "pending")])
def test_rule_sets_the_needed_weight(app: Flask, comment: int, limit: float, status: str) -> None:
    with app.app_context(), transaction() as current:
        current.get_one(Comment, comment).page.site.rules = {"reports_hold": limit}
    complain(app, comment, 1)
    assert comment_of(app, comment).status == status


def test_only_public_comments_can_be_reported(app: Flask) -> None:
    held = Guest(app).say("maybe").get_json()["id"]
    reader = Guest(app)
    token = reader.form_token()
    body = {"comment": held, "kind": "spam", "token": token}
    assert reader.post("/reports", body).status_code == 404
    assert rows(app) == []


def test_reports_per_network_are_limited(app: Flask) -> None:
    reader = Guest(app)
    codes = []
    for n in range(MAX_PER_HOUR + 1):
        found = Guest(app).say(f"opinion {n}").get_json()["id"]
        codes.append(reader.report(found).status_code)
    assert codes == [201] * MAX_PER_HOUR + [429]


def test_networks_are_forgotten(app: Flask, comment: int, clock: FakeClock) -> None:
    complain(app, comment, 2)
    clock.forward(days=31)
    with app.app_context():
        worker.sweep(app.extensions["comments"])
        worker.sweep(app.extensions["comments"])
        assert list(session().scalars(select(Report.network))) == ["gone 1", "gone 2"]


def test_card_shows_reports_and_reporters(app: Flask, comment: int) -> None:
    complain(app, comment, 2)
    Guest(app).report(comment, kind="abuse", words='<script>alert("x")</script>')
    moderator = Moderator(app)
    for page in (
        moderator.queue("reported"),
        moderator.client.get(f"/moderation/comments/{comment}").get_data(as_text=True),
    ):
        assert "3 reports: spam ×2, abuse" in page
        assert "&lt;script&gt;alert" in page
        assert "<script>alert" not in page


def test_report_texts_on_a_card_are_limited(app: Flask, comment: int) -> None:
    for n in range(reports.WORDS_SHOWN + 2):
        assert Guest(app).report(comment, kind="other", words=f"words {n}").status_code == 201
        with app.app_context(), transaction() as current:
            current.get_one(Comment, comment).status = "published"
    with app.app_context():
        told = reports.open_reports(session(), [comment])[comment]
    assert [words for _kind, words, _name in told.words] == [f"words {n}" for n in (6, 5, 4, 3, 2)]
