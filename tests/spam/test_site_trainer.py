"""Training from a stream of labels: what counts as new, corrections, and a replaced base model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from comment_service import paths
from comment_service.spam import Classifier, Example, Recipe
from comment_service.spam.model.artifact import Artifact
from comment_service.spam.training import site_trainer
from comment_service.spam.training.card import make_artifact
from comment_service.spam.training.site_trainer import SiteTrainer, SiteTrainingResult
from comment_service.spam.training.stream_sample import choose_labels
from comment_service.spam.training.train import train
from tests.spam.conftest import make_examples

Row = tuple[str, bool]


@dataclass(frozen=True)
class Stored:
    id: int
    text: str
    spam: bool


def run(folder: Path, rows: Sequence[Row], champion: Classifier) -> SiteTrainingResult:
    stored = [Stored(n, text, spam) for n, (text, spam) in enumerate(rows, 1)]
    chosen = choose_labels([s.id for s in stored], lambda ids: [stored[n - 1] for n in ids])
    return SiteTrainer(folder, paths.canary()).train(
        map(asdict, chosen),
        total=len(rows),
        champion=champion,
        name="site-x",
        progress=lambda *_: None,
    )


def classifier_of(made: SiteTrainingResult) -> Classifier:
    return Classifier.from_artifact(Artifact(made.card, made.arrays))


def rows(count: int, seed: int) -> list[Row]:
    return [(row.text, bool(row.spam)) for row in make_examples(count, seed)]


@pytest.mark.slow
def test_new_decisions_are_those_that_the_active_model_has_not_seen(
    model_dir: Path, classifier: Classifier
) -> None:
    first = rows(60, 3)
    made = run(model_dir, first, classifier)
    assert made.report["recent"]["rows"] == 60, "the shipped model has seen none"
    assert made.report["earlier"]["rows"] == 0
    copies = [("Buy the very same cheap thing at alpha.example now", True)] * 50
    again = run(model_dir, [*first, *copies], classifier_of(made))
    assert again.report["recent"]["rows"] == 20, "copies that the sample drops do not count"
    assert again.report["earlier"]["rows"] == 60
    assert again.card["data"]["newest"] == 110


@pytest.mark.slow
def test_a_corrected_text_is_learned_however_often_it_was_labelled_otherwise(
    model_dir: Path, classifier: Classifier
) -> None:
    text = "The weather was fine on our walk this time"
    wrong, right = [(text, True)] * 30, [(text, False)] * 30
    only_wrong = classifier_of(run(model_dir, [*rows(60, 3), *wrong], classifier))
    corrected = classifier_of(run(model_dir, [*rows(60, 3), *wrong, *right], classifier))
    assert corrected.score(text).probability < only_wrong.score(text).probability - 0.1


@pytest.mark.slow
def test_a_model_of_another_base_is_compared_on_the_same_rows(
    model_dir: Path,
    classifier: Classifier,
    recipe: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(site_trainer, "MAX_EARLIER", 40)
    monkeypatch.setattr("comment_service.spam.training.candidate.MAX_EARLIER", 40)
    monkeypatch.setattr("comment_service.spam.training.candidate.MAX_RECENT", 20)
    known = rows(100, 3)
    champion = classifier_of(run(model_dir, known, classifier))
    other: list[Example] = make_examples(200, seed=77)
    make_artifact("other", train(other, recipe), other).save(tmp_path / "other")
    everything = [*known, *rows(90, 4)]
    made = run(tmp_path / "other", everything, champion)
    assert made.report["recent"]["rows"] == 20
    assert made.report["earlier"]["rows"] == 40
    truth = [spam for _, spam in everything]
    found = [champion.score(text).probability >= champion.hold_at for text, _ in everything[-20:]]
    hits = sum(a and b for a, b in zip(found, truth[-20:], strict=True))
    f1 = 2 * hits / (sum(found) + sum(truth[-20:]))
    assert made.report["recent"]["champion_f1"] == pytest.approx(f1, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("known", [0, 100, 150, 190, 200])
def test_scoring_only_the_decisions_that_count_changes_nothing(
    model_dir: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    monkeypatch.setattr(site_trainer, "MAX_EARLIER", 40)
    monkeypatch.setattr("comment_service.spam.training.candidate.MAX_EARLIER", 40)
    monkeypatch.setattr("comment_service.spam.training.candidate.MAX_RECENT", 20)
    monkeypatch.setattr("comment_service.spam.training.site_model._CROSS_FITTED", 60)
    everything = rows(200, 3)
    champion = classifier_of(run(model_dir, everything[:known], classifier))
    some = run(model_dir, everything, champion)
    monkeypatch.setattr(site_trainer, "scored_places", lambda *_: None)
    every = run(model_dir, everything, champion)
    assert some.card == every.card
    assert some.arrays == every.arrays
    assert some.report | {"seconds": 0} == every.report | {"seconds": 0}
    assert some.report["recent"]["rows"] == min(200 - known, 20)
