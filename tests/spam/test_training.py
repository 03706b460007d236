"""Training: reproducible, evaluated on held-out groups, with clear errors."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from comment_service.spam import Example, ExamplesError, Recipe
from comment_service.spam.model.artifact import ArtifactError, pack, unpack
from comment_service.spam.model.policy import Thresholds, choose_thresholds, probability
from comment_service.spam.training.card import make_artifact
from comment_service.spam.training.folds import assign_folds
from comment_service.spam.training.train import TrainingResult, train


def test_training_twice_gives_the_same_bytes(
    trained: TrainingResult, examples: list[Example], recipe: Recipe
) -> None:
    first = make_artifact("tiny", trained, examples)
    second = make_artifact("tiny", train(examples, recipe), examples)
    assert first.arrays == second.arrays
    assert first.card == second.card


def test_held_out_rows_separate(trained: TrainingResult, examples: list[Example]) -> None:
    spam = [o for o, e in zip(trained.held_out, examples, strict=True) if e.spam]
    ham = [o for o, e in zip(trained.held_out, examples, strict=True) if not e.spam]
    assert min(spam) > max(ham)
    assert trained.thresholds.spam_at > trained.thresholds.hold_at


def test_saved_model_loads_unchanged(trained: TrainingResult) -> None:
    model = unpack(pack("tiny", trained.model, trained.thresholds, {}))
    assert model.recipe == trained.model.recipe
    assert (model.weights == trained.model.weights).all()
    assert (model.biases, model.slopes) == (trained.model.biases, trained.model.slopes)


def test_card_has_data_and_figures_and_is_json(
    trained: TrainingResult, examples: list[Example]
) -> None:
    card = make_artifact("tiny", trained, examples).card
    assert card["data"]["labels"] == {"ham": 120, "spam": 120}
    assert card["figures"]["left_out"]["mcc"] == 1.0
    assert set(card["figures"]["by_group"]) == {"blog0", "blog1", "blog2", "blog3"}
    json.dumps(card)


def test_invalid_model_name_is_refused(trained: TrainingResult) -> None:
    with pytest.raises(ArtifactError, match="cannot name a model"):
        pack("../x", trained.model, trained.thresholds, {})


def test_one_label_alone_is_refused(examples: list[Example]) -> None:
    with pytest.raises(ExamplesError, match="0 comments are labelled ham"):
        train([e for e in examples if e.spam])


def test_groups_stay_whole(examples: list[Example]) -> None:
    # In the synthetic data, a group has only one label unless the groups are mixed.
    mixed = [replace(e, group=f"g{row % 3}") for row, e in enumerate(examples)]
    folds = assign_folds(mixed, 5)
    for group in ("g0", "g1", "g2"):
        found = {f for f, e in zip(folds, mixed, strict=True) if e.group == group}
        assert len(found) == 1


def test_without_groups_copies_of_a_text_stay_together() -> None:
    rows = [Example(text=f"text {n % 20}", spam=n % 2 == 0) for n in range(100)]
    folds = assign_folds(rows, 5)
    for text in {row.text for row in rows}:
        assert len({f for f, row in zip(folds, rows, strict=True) if row.text == text}) == 1


def test_thresholds_keep_honest_comments_within_the_budget() -> None:
    honest = {"a": [n / 1000 for n in range(1000)], "b": [0.1] * 1000}
    chosen = choose_thresholds(honest, held_per_1000=10, filed_per_1000=1)
    held = [p for values in honest.values() for p in values if p >= chosen.hold_at]
    assert len(held) <= 20
    assert chosen.spam_at >= 0.98


def test_with_few_honest_comments_the_minimum_thresholds_apply() -> None:
    assert choose_thresholds({"a": [0.01] * 5}, 5, 0.2) == Thresholds(0.15, 0.98)
    assert choose_thresholds({}, 5, 0.2) == Thresholds(0.15, 0.98)


def test_no_single_blog_decides_about_the_thresholds() -> None:
    usual = {f"blog{n}": [0.01] * 195 + [0.2] * 5 for n in range(6)}
    odd = {"odd": [0.9] * 500}
    without = choose_thresholds(usual, held_per_1000=10, filed_per_1000=1)
    assert choose_thresholds({**usual, **odd}, held_per_1000=10, filed_per_1000=1) == without
    many = {f"odd{n}": [0.9] * 500 for n in range(3)}
    assert choose_thresholds({**usual, **many}, 10, 1).hold_at > 0.9


@pytest.mark.parametrize(("p", "verdict"), [(0.1, "publish"), (0.6, "hold"), (0.995, "spam")])
def test_verdicts(p: float, verdict: str) -> None:
    assert Thresholds(0.5, 0.99).verdict(p) == verdict


def test_probability_is_safe_at_both_ends() -> None:
    assert probability(-800) == pytest.approx(0.0)
    assert probability(800) == 1.0
    assert probability(0) == 0.5
