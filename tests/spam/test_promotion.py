"""A candidate goes live only if it is better, never because of wrong labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log
from random import Random

import numpy as np
import pytest

from comment_service.spam import Example, Recipe, Thresholds
from comment_service.spam.features.reading import read_tokens
from comment_service.spam.features.submission import Submission
from comment_service.spam.model.linear import neutral_model
from comment_service.spam.model.scoring import score
from comment_service.spam.training.candidate import spare_canary
from comment_service.spam.training.promotion import MAX_CANARY_HELD, ModelScores, compare, decide
from comment_service.spam.training.site_model import Decision, SiteModel, prepare, train_site
from tests.spam.conftest import make_examples

LIMITS = Thresholds(0.6, 0.98)
TRUTH = [n % 2 == 0 for n in range(100)]
GOOD = ModelScores([0.9 if spam else 0.1 for spam in TRUTH], LIMITS)
BLIND = ModelScores([0.1] * 100, LIMITS)
HOLDS_ALL = ModelScores([0.9] * 100, LIMITS)


NONE = compare([], ModelScores([], LIMITS), ModelScores([], LIMITS))
SAME = compare(TRUTH, GOOD, GOOD)


def test_a_better_candidate_is_promoted() -> None:
    gate = decide(compare(TRUTH, BLIND, GOOD), SAME, SAME)
    assert gate.promoted
    assert gate.recent.candidate < gate.recent.champion
    assert len(gate.recent.flips) == 50


def test_an_equal_candidate_is_promoted() -> None:
    assert decide(SAME, SAME, SAME).promoted


def test_a_first_candidate_needs_no_earlier_decisions() -> None:
    assert decide(compare(TRUTH[:6], *(_first(m, 6) for m in (BLIND, GOOD))), NONE, SAME).promoted


@pytest.mark.parametrize("worse", [BLIND, HOLDS_ALL])
def test_a_candidate_worse_on_new_decisions_stays(worse: ModelScores) -> None:
    gate = decide(compare(TRUTH, GOOD, worse), SAME, SAME)
    assert not gate.promoted
    assert "costs more on 100 new decisions" in gate.reasons[0]
    assert "review what is held" in gate.reasons[0]


@pytest.mark.parametrize("worse", [BLIND, HOLDS_ALL])
def test_a_candidate_that_contradicts_earlier_decisions_stays(worse: ModelScores) -> None:
    gate = decide(SAME, compare(TRUTH, GOOD, worse), SAME)
    assert not gate.promoted
    assert "contradicts 50 of 100 earlier decisions" in gate.reasons[0]


@pytest.mark.parametrize(("wrong", "promoted"), [(1, True), (2, True), (3, False)])
def test_one_label_never_decides(wrong: int, promoted: bool) -> None:
    held = [n for n, spam in enumerate(TRUTH) if not spam][:wrong]
    values = [0.9 if n in held else p for n, p in enumerate(GOOD.probability)]
    gate = decide(compare(TRUTH, GOOD, ModelScores(values, LIMITS)), SAME, SAME)
    assert gate.promoted is promoted


def test_a_candidate_that_holds_honest_canaries_stays() -> None:
    gate = decide(compare(TRUTH, BLIND, GOOD), SAME, compare(TRUTH, GOOD, HOLDS_ALL))
    assert not gate.promoted
    assert "would hold 50 ordinary comments" in gate.reasons[0]


def test_canary_spam_that_the_site_takes_less_seriously_does_not_count() -> None:
    assert decide(compare(TRUTH, BLIND, GOOD), SAME, compare(TRUTH, GOOD, BLIND)).promoted


def _first(judged: ModelScores, count: int) -> ModelScores:
    return ModelScores(judged.probability[:count], judged.thresholds)


def _judge(site: SiteModel, rows: list[Example]) -> ModelScores:
    found = []
    for row in rows:
        submission = Submission.of_example(row)
        reading = read_tokens(submission.tokens, site.model.recipe)
        found.append(score(site.model, submission, reading))
    return ModelScores(found, site.thresholds)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 1.0])
def test_poisoned_labels_are_harmless_or_refused(recipe: Recipe, share: float) -> None:
    base = neutral_model(recipe)
    rows, draw = make_examples(300, seed=3), Random(2)  # noqa: S311
    poisoned = [replace(r, spam=not r.spam) if draw.random() < share else r for r in rows]
    canary = make_examples(100, seed=9)
    recent = make_examples(100, seed=10)
    champion, candidate = (
        train_site(base, LIMITS, [prepare(base, row) for row in data]) for data in (rows, poisoned)
    )
    new, known = (
        compare([bool(r.spam) for r in data], _judge(champion, data), _judge(candidate, data))
        for data in (recent, rows)
    )
    harm = compare(
        [bool(r.spam) for r in canary], _judge(champion, canary), _judge(candidate, canary)
    )
    assert harm.champion_f1 > 0.9, "there is something to lose"
    lost = harm.champion_f1 - harm.candidate_f1
    assert share < 1 or lost > 0.5, "a flood of lies does harm"
    assert decide(new, known, harm).promoted is (lost < 0.005)


@pytest.mark.parametrize("rows", [1, 2])
def test_one_or_two_new_decisions_never_refuse_a_candidate(rows: int) -> None:
    spam = [False] * rows
    models = (ModelScores([p] * rows, LIMITS) for p in (0.1, 0.9))
    found = compare(spam, *models)
    assert found.worse == pytest.approx(1.0)
    assert decide(found, NONE, SAME).promoted


def test_without_new_decisions_the_sentence_says_so() -> None:
    gate = decide(NONE, SAME, SAME)
    assert gate.promoted
    assert "no new decisions to compare on" in gate.reasons[0]


def canary_set(honest: Sequence[float], spam: Sequence[float] = (0.9, 0.8)) -> list[Decision]:
    """Return decisions with these probabilities."""
    columns = np.zeros(0, dtype=np.uint32)
    rows = [*((p, False) for p in honest), *((p, True) for p in spam)]
    return [Decision(columns, log(p / (1 - p)), 0.0, s, 1.0, "") for p, s in rows]


@pytest.mark.parametrize(
    ("honest", "hold"),
    [
        ([0.01, 0.02, 0.05, 0.1], 0.15),
        ([0.01, 0.24, 0.23], 0.15),
        ([0.01, 0.24, 0.23, 0.2, 0.19], 0.2001),
        ([0.4, 0.4, 0.4, 0.3], 0.4001),
        ([0.7, 0.7, 0.7, 0.7], 0.54),
        ([], 0.15),
        ([0.9], 0.15),
    ],
)
def test_the_threshold_is_raised_as_far_as_needed_and_not_beyond_the_shipped_one(
    honest: list[float], hold: float
) -> None:
    assert MAX_CANARY_HELD == 2
    own = SiteModel(neutral_model(Recipe(bits=10)), Thresholds(0.15, 0.98), np.zeros(0))
    spared = spare_canary(own, canary_set(honest), 0.54)
    assert spared.thresholds.hold_at == pytest.approx(hold)
    assert spared.thresholds.spam_at == 0.98
    assert spared.model is own.model


def test_a_threshold_above_the_shipped_one_stays() -> None:
    own = SiteModel(neutral_model(Recipe(bits=10)), Thresholds(0.8, 0.9), np.zeros(0))
    assert spare_canary(own, canary_set([0.85] * 5), 0.54).thresholds == Thresholds(0.8, 0.9)


def test_the_threshold_for_spam_stays_above_the_one_for_holding() -> None:
    own = SiteModel(neutral_model(Recipe(bits=10)), Thresholds(0.15, 0.6), np.zeros(0))
    assert spare_canary(own, canary_set([0.5] * 5), 0.54).thresholds == Thresholds(0.5001, 0.75)
