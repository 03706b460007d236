"""Poisoned labels: a share from one source does no harm, and a flood of them is refused.

Harm is measured here on new comments of the site and on honest comments of the canary set, not read
from the report of the check under test.
"""

from random import Random

import pytest
from flask import Flask

from comment_service import paths
from comment_service.notify import training
from comment_service.runtime import Classifier
from comment_service.screening import model_cache
from comment_service.spam.features.examples import read_examples
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import versions
from comment_service.storage.tables import Label, Model
from tests.conftest import MakeApp
from tests.spam.conftest import make_examples

pytestmark = pytest.mark.long

ROWS = 440
HARMLESS = 0.006
"""Allowed loss of F1 on 200 new comments: one wrong verdict costs 0.005."""
FLOOD = 0.025
"""Allowed loss after as many lies as there are right spam labels."""


@pytest.fixture
def site(sqlite_url: str, make_app: MakeApp) -> Flask:
    """Return an app whose model was trained on right labels and does well on new comments."""
    app = make_app(sqlite_url, real_model=True)
    with app.app_context():
        teach(app, make_labels(ROWS, seed=15), "Mod")
        assert train(app).report["promoted"]
        assert fresh_f1(judge(app)) > 0.95, "there is something to lose"
    return app


def make_labels(count: int, seed: int, flipped: float = 0.0) -> list[tuple[str, bool]]:
    """Return texts with labels, of which a share is wrong."""
    draw = Random(seed)  # noqa: S311 - no secret is drawn
    return [(r.text, bool(r.spam) != (draw.random() < flipped)) for r in make_examples(count, seed)]


def teach(app: Flask, rows: list[tuple[str, bool]], actor: str, source: str = "decision") -> None:
    now = app.extensions["comments"].now()
    with transaction() as current:
        for text, spam in rows:
            label = "spam" if spam else "ham"
            current.add(Label(site_id=1, text=text, label=label, source=source, actor=actor,
                              weight=1.0, created_at=now))  # fmt: skip


def train(app: Flask) -> Model:
    state = app.extensions["comments"]
    kept = training.train(state, {"site_id": 1, "actor": "Olive"})
    made = versions.find(session(), kept.model_id)
    assert made is not None
    return made


def judge(app: Flask) -> Classifier:
    found = model_cache.active_model(session(), app.extensions["comments"], 1)
    assert found is not None
    return found


def opened(app: Flask, made: Model) -> Classifier:
    open_model = app.extensions["comments"].open_model
    found: Classifier = open_model(made.card, made.arrays)
    return found


def fresh_f1(model: Classifier) -> float:
    """Return the F1 score for stopping spam among new comments of the site."""
    rows = make_examples(200, seed=99)
    stopped = [model.score(row.text).probability >= model.hold_at for row in rows]
    spam = [bool(row.spam) for row in rows]
    hits = sum(s and t for s, t in zip(stopped, spam, strict=True))
    return 2 * hits / (sum(stopped) + sum(spam))


def honest_held(model: Classifier) -> int:
    """Return how many honest comments of the canary set the model holds."""
    rows = [row for row in read_examples([paths.canary()]) if not row.spam]
    return sum(model.score(row.text).probability >= model.hold_at for row in rows)


@pytest.mark.parametrize("source", ["decision", "import"])
@pytest.mark.parametrize("when", ["throughout", "at the end"])
@pytest.mark.parametrize("share", [20, 5], ids=["5 %", "20 %"])
def test_flipped_labels_of_one_source_do_no_harm(
    site: Flask, share: int, when: str, source: str
) -> None:
    lies = make_labels(ROWS // share, seed=76, flipped=1.0)
    truth = make_labels(ROWS // 2 if when == "throughout" else 0, seed=6)
    with site.app_context():
        before = judge(site)
        champion, held = fresh_f1(before), honest_held(before)
        step = len(truth) // len(lies)
        for place, lie in enumerate(lies):
            teach(site, truth[step * place : step * (place + 1)], "Mod")
            teach(site, [lie], "Mallory", source)
        made = train(site)
        assert made.report["against"] == before.model_id
        assert champion - fresh_f1(judge(site)) < HARMLESS
        assert honest_held(judge(site)) <= held + 2
        if judge(site).model_id == before.model_id:
            assert made.state == versions.CANDIDATE
            assert "Kept as a candidate" in made.report["sentence"]


def test_slow_drip_of_wrong_labels_does_no_harm(site: Flask) -> None:
    with site.app_context():
        champion, held = fresh_f1(judge(site)), honest_held(judge(site))
        for week in range(4):
            teach(site, make_labels(40, seed=30 + week), "Mod")
            teach(site, make_labels(10, seed=60 + week, flipped=1.0), "Mallory")
            train(site)
        assert champion - fresh_f1(judge(site)) < HARMLESS
        assert honest_held(judge(site)) <= held + 2


@pytest.mark.parametrize("lie", ["both", "spam is honest"])
def test_flood_of_wrong_labels_is_refused(site: Flask, lie: str) -> None:
    with site.app_context():
        before = judge(site)
        champion = fresh_f1(before)
        lies = make_labels(ROWS, seed=7, flipped=1.0)
        teach(site, [row for row in lies if lie == "both" or not row[1]], "Mallory")
        made = train(site)
        assert champion - fresh_f1(opened(site, made)) > 10 * HARMLESS, "it would have done harm"
        assert made.state == versions.CANDIDATE
        assert "contradicts" in made.report["sentence"]
        assert judge(site).model_id == before.model_id


def test_flood_that_calls_honest_comments_spam_does_little_harm(site: Flask) -> None:
    with site.app_context():
        champion, held = fresh_f1(judge(site)), honest_held(judge(site))
        lies = make_labels(ROWS, seed=7, flipped=1.0)
        teach(site, [row for row in lies if row[1]], "Mallory")
        train(site)
        assert champion - fresh_f1(judge(site)) < FLOOD
        assert honest_held(judge(site)) <= held + 2
