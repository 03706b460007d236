"""Bulk undo by source: undecided results of a model or rule, and a moderator's decisions."""

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Batch, Comment, Label
from tests.fakes import FakeClock
from tests.people import Guest, Moderator

BASE = {"since": "2020-01-01", "queue": "spam", "outcome": "hold"}


@pytest.fixture
def owner(app: Flask) -> Moderator:
    app.config["WTF_CSRF_ENABLED"] = False
    return Moderator(app, "Owner")


def statuses(app: Flask) -> list[str]:
    with app.app_context():
        return list(session().scalars(select(Comment.status).order_by(Comment.id)))


def take(owner: Moderator, **fields: str) -> str:
    answer = owner.client.post("/moderation/causes/", data={**BASE, **fields})
    return answer.get_data(as_text=True) if answer.status_code == 200 else str(answer.status_code)


def listed(app: Flask, word: str) -> None:
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        more = {"kind": "word", "status": "spam", "actor": "a test", "now": now}
        sites.add_to_list(current, 1, values=[word], **more)


def test_rule_results_are_undone_except_decided_ones(app: Flask, owner: Moderator) -> None:
    listed(app, "class")
    for number in range(4):
        Guest(app).say(f"a word about my class, the {number}th")
    Guest(app).say("fine words")
    owner.decide(2, "spam")
    assert statuses(app) == 4 * ["spam"] + ["published"]
    page = take(owner, kind="reason", reason="list_word")
    assert "<strong>3 comments</strong>" in page
    assert statuses(app).count("spam") == 4
    look = "/moderation/spam?site=default&since=2020-01-01&undecided=1&reason=list_word"
    assert look.replace("&", "&amp;") in page
    assert owner.client.get(look).get_data(as_text=True).count('class="card"') == 3
    assert take(owner, kind="reason", reason="list_word", sure="1") == "303"
    assert statuses(app) == ["pending", "spam", "pending", "pending", "published"]
    listed_batches = owner.client.get("/moderation/causes/").get_data(as_text=True)
    assert "<bdi>Spam · word list</bdi>" in listed_batches
    owner.post("/moderation/batches/1/undo")
    assert statuses(app) == 4 * ["spam"] + ["published"]


def test_model_results_are_undone(app: Flask, owner: Moderator) -> None:
    for number in range(3):
        Guest(app).say(f"fine words, number {number}")
    with app.app_context():
        model = session().scalars(select(Comment.model)).first() or ""
    more = {"kind": "model", "model": model, "queue": "published"}
    assert "<strong>3 comments</strong>" in take(owner, **more)
    assert take(owner, **more, sure="1") == "303"
    assert statuses(app) == 3 * ["pending"]


def test_moderators_decisions_are_undone_and_redone(
    app: Flask, owner: Moderator, clock: FakeClock
) -> None:
    for number in range(5):
        Guest(app).say(f"maybe, number {number}")
    rogue = Moderator(app, "Rogue", "moderator", "default")
    rogue.decide(1, "approve")
    clock.forward(days=3)
    for key in (2, 3, 4):
        rogue.decide(key, "spam")
    rogue.decide(4, "reject")
    owner.decide(3, "approve")
    since = clock.now.date().isoformat()
    more = {"kind": "moderator", "moderator": str(rogue.id), "since": since}
    assert "<strong>4 decisions</strong>" in take(owner, **more)
    assert take(owner, **more, sure="1") == "303"
    assert statuses(app) == ["published", "pending", "published", "pending", "pending"]
    with app.app_context():
        batch = session().scalars(select(Batch)).one()
        assert (batch.decision, batch.expected, batch.decided) == ("undo", 4, 3)
        counting = select(Label.comment_id).where(Label.withdrawn_at.is_(None))
        assert sorted(session().scalars(counting)) == [1, 3]
    queue = owner.client.get("/moderation/?batch=1")
    assert queue.status_code == 200
    assert "Taken back. (3)" in queue.get_data(as_text=True)
    owner.post("/moderation/batches/1/undo")
    assert statuses(app) == ["published", "spam", "published", "rejected", "pending"]
    page = owner.client.get("/moderation/causes/").get_data(as_text=True)
    assert "undone: 3" in page


def test_long_bulk_undo_continues(app: Flask, owner: Moderator) -> None:
    from comment_service.actions.moderation import bulk, bulk_undo

    for number in range(7):
        Guest(app).say(f"maybe, number {number}")
        owner.decide(number + 1, "spam")
    runtime = app.extensions["comments"]
    with app.app_context():
        with transaction() as current:
            found = bulk_undo.begin(
                session=current,
                runtime=runtime,
                moderator_id=owner.id,
                site_id=1,
                by=owner.id,
                since=runtime.now().replace(year=2020),
                expected=7,
                newest_id=7,
            ).id
        bulk.BATCH_SIZE, before = 3, bulk.BATCH_SIZE
        try:
            for _ in range(3):
                with transaction() as current:
                    who = {"moderator_id": owner.id, "batch_id": found}
                    batch = bulk.step(session=current, runtime=runtime, **who)
                    finished = batch.finished_at is not None
        finally:
            bulk.BATCH_SIZE = before
    assert finished
    assert statuses(app) == 7 * ["pending"]


@pytest.mark.parametrize("fields", [
    {"kind": "model", "model": ""}, {"kind": "moderator", "moderator": "99"}, {"kind": "x"},
    {"kind": "reason", "reason": "<b>"}, {"kind": "model", "since": "soon"},
])  # fmt: skip
def test_invalid_source_is_refused(app: Flask, owner: Moderator, fields: dict[str, str]) -> None:
    Guest(app).say("maybe")
    take(owner, **fields)
    page = take(owner, **fields, sure="1")
    assert 'class="problem"' in page
    assert "<b>" not in page
    with app.app_context():
        assert session().scalars(select(Batch)).all() == []


def test_all_selects_only_undecided_results_of_the_model(app: Flask, owner: Moderator) -> None:
    Guest(app).say("fine words of a guest")
    Guest(app).say("maybe these wait")
    owner.post("/moderation/comments/1/reply", text="An answer of ours.", key="k" * 20)
    with app.app_context():
        model = session().get_one(Comment, 1).model
    more = {"kind": "model", "model": model, "queue": "all", "outcome": "spam"}
    assert "<strong>1 comment</strong>" in take(owner, **more)
    take(owner, **more)
    take(owner, **more, sure="1")
    assert statuses(app) == ["spam", "pending", "published"]


def test_second_undo_changes_nothing(app: Flask, owner: Moderator) -> None:
    Guest(app).say("maybe")
    owner.decide(1, "spam")
    take(owner, kind="moderator", moderator=str(owner.id))
    take(owner, kind="moderator", moderator=str(owner.id), sure="1")
    assert statuses(app) == ["pending"]
    for _ in range(3):
        owner.post("/moderation/batches/1/undo")
        assert statuses(app) == ["spam"]
    with app.app_context():
        assert session().get_one(Batch, 1).undone == 1


def test_moderator_cannot_undo_the_undo_of_their_decisions(app: Flask, owner: Moderator) -> None:
    Guest(app).say("maybe")
    rogue = Moderator(app, "Rogue", "moderator", "default")
    rogue.decide(1, "spam")
    take(owner, kind="moderator", moderator=str(rogue.id))
    take(owner, kind="moderator", moderator=str(rogue.id), sure="1")
    assert rogue.post("/moderation/batches/1/undo").status_code == 404
    assert rogue.client.get("/moderation/batches/1").status_code == 404
    assert statuses(app) == ["pending"]
