"""A site's model: requested, trained by the worker, compared, stored, activated, rolled back."""

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service import paths
from comment_service.actions.filter import activate, retrain
from comment_service.errors import ModelNotFound, NothingToUndo
from comment_service.notify import worker
from comment_service.screening import model_cache
from comment_service.spam import Classifier
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels, versions
from comment_service.storage.tables import (
    Comment,
    Label,
    Model,
    OutboxRow,
    ShadowScore,
    Switch,
    Verdict,
)
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import Guest, Moderator
from tests.spam.conftest import make_examples

HONEST = "I tried number {} of these knots on my boat and it held well in the wind, thank you"
SPAM = "Order knot {} rope discount bundle today at our outlet, best ropes lowest price sale"


@pytest.fixture
def site(sqlite_url: str, make_app: MakeApp) -> Flask:
    """Return an app with the shipped model and a real trainer."""
    return make_app(sqlite_url, real_model=True)


def teach(
    app: Flask,
    honest: int,
    spam: int,
    *,
    actor: str = "Mod",
    source: str = "decision",
) -> None:
    """Add labels to a site, alternately ham and spam."""
    texts = [(HONEST.format(n), False) for n in range(honest)]
    texts += [(SPAM.format(n), True) for n in range(spam)]
    texts.sort(key=lambda pair: [int(w) for w in pair[0].split() if w.isdigit()])
    teach_rows(app, texts, actor=actor, source=source)


def teach_rows(
    app: Flask, rows: list[tuple[str, bool]], *, actor: str = "Mod", source: str = "decision"
) -> None:
    """Add texts with their label (true for spam) to a site."""
    with app.app_context(), transaction() as current:
        found = sites.find(current, "default")
        assert found is not None
        for text, spam in rows:
            label = "spam" if spam else "ham"
            row = Label(site_id=found.id, text=text, label=label, source=source, actor=actor)
            row.created_at, row.weight = app.extensions["comments"].now(), 1.0
            current.add(row)


def order_and_work(app: Flask) -> Model:
    """Request a training, run the worker, return the new version."""
    state = app.extensions["comments"]
    with app.app_context():
        with transaction() as current:
            first = retrain.request_training(
                session=current, runtime=state, site_id=1, actor="Olive"
            )
            again = retrain.request_training(
                session=current, runtime=state, site_id=1, actor="Olive"
            )
        assert first == again, "one that is ordered is not ordered twice"
        assert retrain.progress(session=session(), site_id=1)["running"] is True
        worker.deliver_due(state)
        row = session().get_one(OutboxRow, first)
        assert row.done_at is not None, row.last_error
        assert retrain.progress(session=session(), site_id=1) == {"running": False}
        return max(versions.of_site(session(), 1), key=lambda made: int(made.report["labels"]))


@pytest.mark.slow
def test_decisions_train_a_model_that_can_be_rolled_back(site: Flask) -> None:
    teach(site, honest=80, spam=80)
    made = order_and_work(site)
    assert made.report["promoted"]
    assert made.report["labels"] == 160
    assert "Promoted" in made.report["sentence"]
    state = site.extensions["comments"]
    with site.app_context():
        assert versions.active_id(session(), 1) == made.id
        model = model_cache.active_model(session(), state, 1)
        assert model is not None
        learned = model.score(SPAM.format("nine")).probability
        shipped = Classifier.from_path(paths.shipped_model()).score(SPAM.format("nine"))
        assert learned > shipped.probability
    answer = Guest(site).say(SPAM.format("twelve"))
    with site.app_context():
        verdict = (
            session()
            .scalars(select(Verdict).where(Verdict.comment_id == answer.get_json()["id"]))
            .one()
        )
        assert verdict.model == made.id
        with transaction() as current:
            back = activate.rollback(session=current, runtime=state, site_id=1, actor="Olive")
        assert back is None
        active = model_cache.active_model(session(), state, 1)
        assert active is not None
        assert active.model_id == state.classifier.model_id
        log = session().scalars(select(Switch).order_by(Switch.id)).all()
        assert [(s.from_id, s.to_id, s.actor) for s in log] == [
            (None, made.id, "Olive"),
            (made.id, None, "Olive"),
        ]


@pytest.mark.slow
def test_candidate_is_scored_without_deciding(site: Flask) -> None:
    teach_rows(site, [(row.text, bool(row.spam)) for row in make_examples(160, seed=15)])
    assert order_and_work(site).state == versions.ACTIVE
    teach_rows(site, [(row.text, not row.spam) for row in make_examples(160, seed=16)])
    made = order_and_work(site)
    assert (made.state, made.report["promoted"]) == (versions.CANDIDATE, False)
    told = Guest(site).say("A calm and honest remark about sailing").get_json()
    with site.app_context():
        shadow = session().scalars(select(ShadowScore)).one()
        assert (shadow.comment_id, shadow.model_id) == (told["id"], made.id)
        assert session().scalars(select(Verdict.model)).one() != made.id
        with transaction() as current:
            activate.promote(
                session=current,
                runtime=site.extensions["comments"],
                site_id=1,
                model_id=made.id,
                actor="Olive",
            )
        assert versions.active_id(session(), 1) == made.id


def test_invalid_activations_are_refused(app: Flask) -> None:
    state = app.extensions["comments"]
    with app.app_context(), transaction() as current:
        with pytest.raises(ModelNotFound):
            activate.promote(session=current, runtime=state, site_id=1, model_id="x", actor="O")
        with pytest.raises(NothingToUndo):
            activate.promote(
                session=current, runtime=state, site_id=1, model_id="shipped", actor="O"
            )
        with pytest.raises(NothingToUndo):
            activate.rollback(session=current, runtime=state, site_id=1, actor="O")


def test_missing_active_model_holds_comments(app: Flask) -> None:
    with app.app_context(), transaction() as current:
        versions.activate(
            current, 1, "gone", actor="O", reason="r", now=app.extensions["comments"].now()
        )
    assert Guest(app).say("hello").get_json()["status"] == "pending"
    with app.app_context():
        assert session().scalars(select(Comment.status)).one() == "pending"


def test_training_is_due_by_labels_and_time(app: Flask, clock: FakeClock) -> None:
    state = app.extensions["comments"]

    def due() -> bool:
        with app.app_context():
            return retrain.is_due(session=session(), runtime=state, site_id=1)

    assert not due()
    teach(app, honest=4, spam=4)
    assert not due(), "too few to learn from"
    teach(app, honest=1, spam=1)
    assert due()
    with app.app_context(), transaction() as current:
        row = Model(id="site-1", site_id=1, state="candidate", card={}, arrays=b"")
        row.report, row.created_at = {"newest_label": labels.newest_id(current, 1)}, clock.now
        current.add(row)
    assert not due()
    teach(app, honest=3, spam=3)
    assert not due(), "not twice a day for a few"
    teach(app, honest=50, spam=50)
    assert due(), "at once for many"


def test_api_labels_wait_and_others_are_capped(app: Flask) -> None:
    teach(app, honest=10, spam=10)
    teach(app, honest=5, spam=5, source="api", actor="client")
    teach(app, honest=200, spam=200, source="import", actor="old blog")
    with app.app_context():
        found = list(labels.training_rows(session(), 1))
        assert labels.count(session(), 1) == {"ham": 210, "spam": 210}
        by_source = {
            source: sum(lesson.weight for lesson in found if lesson.source == source)
            for source in ("decision", "import", "api")
        }
        assert by_source["api"] == 0
        assert by_source["decision"] == 20
        assert by_source["import"] == pytest.approx(labels.MAX_SHARE * 420)


def test_every_decision_becomes_a_training_example(app: Flask) -> None:
    comment = Guest(app).say("maybe a lesson").get_json()["id"]
    Moderator(app).decide(comment, "spam")
    with app.app_context():
        lesson = next(iter(labels.training_rows(session(), 1)))
        assert (lesson.text, lesson.spam, lesson.actor) == ("maybe a lesson", True, "Mod")
        assert (lesson.page, lesson.page_title) == ("https://blog.example/post", "A post")


@pytest.mark.slow
def test_a_training_does_not_override_a_switch_made_meanwhile(site: Flask) -> None:
    state = site.extensions["comments"]
    teach(site, honest=80, spam=80)
    first = order_and_work(site)
    assert first.state == versions.ACTIVE
    with site.app_context():
        model = state.trainer.train(
            retrain.training_examples(session=session(), site_id=1),
            total=160,
            champion=model_cache.active_model(session(), state, 1),
            name="site-other",
            progress=lambda *_: None,
        )
        assert model.promoted
        with transaction() as current:
            activate.rollback(session=current, runtime=state, site_id=1, actor="Olive")
        with transaction() as current:
            kept = retrain.store_version(
                session=current, runtime=state, site_id=1, trained=model, newest_label=160,
                actor="Olive",
            )  # fmt: skip
        assert not kept.promoted
        assert versions.active_id(session(), 1) is None
        made = versions.find(session(), kept.model_id)
        assert made is not None
        assert "another model became active" in made.report["sentence"]
