"""Labels of a source are retracted and restored; undone decisions do not bring them back."""

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.filter import retract_labels
from comment_service.errors import AlreadyDone, NothingToUndo
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels, sources
from comment_service.storage.tables import Forgetting
from tests.actions.filter.test_retrain import teach
from tests.fakes import FakeClock
from tests.people import Guest, Moderator


def count(app: Flask) -> dict[str, int]:
    with app.app_context():
        return dict(labels.count(session(), 1))


def do_forget(app: Flask, actor: str, source: str = "decision", site_id: int = 1) -> int:
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        row = retract_labels.retract(session=current, runtime=state, site_id=site_id, source=source,
                            actor=actor, by="Olive")  # fmt: skip
        return row.id


def do_take_back(app: Flask, forgetting: int, site_id: int = 1) -> None:
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        retract_labels.undo_retraction(session=current, runtime=state, site_id=site_id, by="Oscar",
                         forgetting_id=forgetting)  # fmt: skip


def test_retraction_is_audited_and_can_be_undone(app: Flask, clock: FakeClock) -> None:
    teach(app, honest=10, spam=10, actor="Ada")
    teach(app, honest=5, spam=4, actor="Mallory", source="import")
    first = do_forget(app, "Mallory", "import")
    assert count(app) == {"ham": 10, "spam": 10}
    with app.app_context():
        row = session().get_one(Forgetting, first)
        assert (row.source, row.actor, row.labels) == ("import", "Mallory", 9)
        assert (row.forgotten_by, row.created_at) == ("Olive", clock.now)
        assert row.undone_at is None
        told = {
            (s.source, s.actor): s
            for s in sources.load_sources(session(), 1, after=None, limit=9)[0]
        }
        mallory = told["import", "Mallory"]
        assert (mallory.labels, mallory.in_force, mallory.forgotten) == (9, 0, 9)
        assert (mallory.forgettable, told["decision", "Ada"].forgettable) == (False, True)
        texts = [lesson.actor for lesson in labels.training_rows(session(), 1)]
        assert set(texts) == {"Ada"}
    clock.forward(minutes=1)
    do_take_back(app, first)
    assert count(app) == {"ham": 15, "spam": 14}
    with app.app_context():
        row = session().scalars(select(Forgetting)).one()
        assert (row.undone_by, row.undone_at) == ("Oscar", clock.now)


def test_undone_decision_does_not_restore_retracted_labels(app: Flask) -> None:
    comment = Guest(app).say("maybe this").get_json()["id"]
    mallory, ada = Moderator(app, "Mallory"), Moderator(app, "Ada")
    mallory.decide(comment, "approve")
    undo = ada.decide(comment, "spam").get_json()["undo"]
    forgotten = do_forget(app, "Mallory")
    assert count(app) == {"spam": 1}
    assert ada.post(undo).status_code == 200
    assert count(app) == {}, "the decision stands again, its lesson stays forgotten"
    do_take_back(app, forgotten)
    assert count(app) == {"ham": 1}


def test_undo_does_not_restore_labels_of_undone_decisions(app: Flask) -> None:
    comment = Guest(app).say("maybe this").get_json()["id"]
    mallory = Moderator(app, "Mallory")
    undo = mallory.decide(comment, "approve").get_json()["undo"]
    forgotten = do_forget(app, "Mallory")
    mallory.post(undo)
    do_take_back(app, forgotten)
    assert count(app) == {}


def test_later_labels_count(app: Flask) -> None:
    teach(app, honest=2, spam=0, actor="Ada")
    first = do_forget(app, "Ada")
    teach(app, honest=3, spam=0, actor="Ada")
    assert count(app) == {"ham": 3}
    second = do_forget(app, "Ada")
    assert count(app) == {}
    with pytest.raises(NothingToUndo, match="removed again since"):
        do_take_back(app, first)
    do_take_back(app, second)
    assert count(app) == {"ham": 3}
    do_take_back(app, first)
    assert count(app) == {"ham": 5}


def test_invalid_retractions_are_refused(app: Flask) -> None:
    with pytest.raises(AlreadyDone, match="left to forget"):
        do_forget(app, "Nobody")
    teach(app, honest=1, spam=1, actor="Ada")
    first = do_forget(app, "Ada")
    with pytest.raises(AlreadyDone):
        do_forget(app, "Ada")
    with pytest.raises(NothingToUndo):
        do_take_back(app, first, site_id=2)
    do_take_back(app, first)
    with pytest.raises(NothingToUndo):
        do_take_back(app, first)


def test_sources_are_paged(app: Flask) -> None:
    for number in range(7):
        teach(app, honest=1, spam=0, actor=f"Actor {number}", source="import")
    teach(app, honest=1, spam=0, actor="Actor 0")
    with app.app_context():
        seen: list[tuple[str, str]] = []
        after, more = None, True
        while more:
            found, more = sources.load_sources(session(), 1, after=after, limit=3)
            after = (found[-1].source, found[-1].actor)
            seen += [(s.source, s.actor) for s in found]
    assert seen == [("decision", "Actor 0"), *(("import", f"Actor {n}") for n in range(7))]
