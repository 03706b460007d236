"""A candidate goes live only if it is better, never because of wrong labels."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from comment_service.spam import Example, Recipe, Thresholds
from comment_service.spam.features.reading import read_tokens
from comment_service.spam.features.submission import Submission
from comment_service.spam.model.linear import neutral_model
from comment_service.spam.model.scoring import score
from comment_service.spam.training.promotion import ModelScores, compare, decide
from comment_service.spam.training.site_model import SiteModel, prepare, train_site
from tests.spam.conftest import make_examples

LIMITS = Thresholds(0.6, 0.98)
TRUTH = [n % 2 == 0 for n in range(100)]
GOOD = ModelScores([0.9 if spam else 0.1 for spam in TRUTH], LIMITS)
BLIND = ModelScores([0.1] * 100, LIMITS)
HOLDS_ALL = ModelScores([0.9] * 100, LIMITS)


def test_a_better_candidate_is_promoted() -> None:
    gate = decide(compare(TRUTH, BLIND, GOOD), compare(TRUTH, BLIND, GOOD))
    assert gate.promoted
    assert gate.recent.candidate < gate.recent.champion
    assert len(gate.recent.flips) == 50


def test_an_equal_candidate_is_promoted() -> None:
    assert decide(compare(TRUTH, GOOD, GOOD), compare(TRUTH, GOOD, GOOD)).promoted


def test_a_candidate_worse_on_recent_decisions_stays() -> None:
    for worse in (BLIND, HOLDS_ALL):
        gate = decide(compare(TRUTH, GOOD, worse), compare(TRUTH, GOOD, GOOD))
        assert not gate.promoted
        assert "costs more" in gate.reasons[0]


def test_a_candidate_worse_on_the_canary_stays() -> None:
    gate = decide(compare(TRUTH, BLIND, GOOD), compare(TRUTH, GOOD, BLIND))
    assert not gate.promoted
    assert any("canary" in reason for reason in gate.reasons)


def test_too_few_recent_decisions_keep_the_champion() -> None:
    few = [ModelScores(judged.probability[:4], LIMITS) for judged in (BLIND, GOOD)]
    none = ModelScores([], LIMITS)
    gate = decide(compare(TRUTH[:4], *few), compare([], none, none))
    assert not gate.promoted
    assert "only 4 recent decisions" in gate.reasons[0]


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
    found = [
        compare([bool(r.spam) for r in data], _judge(champion, data), _judge(candidate, data))
        for data in (recent, canary)
    ]
    assert found[1].champion_f1 > 0.9, "there is something to lose"
    lost = found[1].champion_f1 - found[1].candidate_f1
    assert share < 1 or lost > 0.5, "a flood of lies does harm"
    if lost >= 0.005:
        gate = decide(*found)
        assert not gate.promoted
        assert any("canary" in reason for reason in gate.reasons)
