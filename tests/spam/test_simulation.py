"""Replay: comments are scored before their label is known; only reviewed ones are learned."""

from __future__ import annotations

from dataclasses import fields

import pytest

from comment_service.config import Settings
from comment_service.spam import Example, ExamplesError, Recipe, Thresholds
from comment_service.spam.evaluation import simulation
from comment_service.spam.evaluation.simulation import ReplayPolicy, report, simulate
from comment_service.spam.model.linear import neutral_model
from tests.spam.conftest import make_examples

LIMITS = Thresholds(0.6, 0.98)


@pytest.fixture(scope="module")
def stream() -> list[Example]:
    return make_examples(160, seed=21)


@pytest.mark.slow
def test_untrained_filter_learns_from_labels(stream: list[Example], recipe: Recipe) -> None:
    run = simulate(stream, neutral_model(recipe), LIMITS, ReplayPolicy("every:20", "all"))
    found = report(stream, run, LIMITS)
    assert run.labels == 160
    assert run.retrainings == 7
    assert found["quarters"][-1]["mcc"] > 0.9
    assert found["all"]["n"] == 160


@pytest.mark.long
def test_daily_retrains_once_a_day(stream: list[Example], recipe: Recipe) -> None:
    run = simulate(stream, neutral_model(recipe), LIMITS, ReplayPolicy("daily", "all"))
    days = len({e.created[:10] for e in stream})
    assert run.retrainings == days - 1


def test_only_reviewed_comments_are_learned(stream: list[Example], recipe: Recipe) -> None:
    run = simulate(stream, neutral_model(recipe), LIMITS, ReplayPolicy("every:20", "uncertain"))
    assert run.labels == run.verdicts.count("hold")
    some = simulate(stream, neutral_model(recipe), LIMITS, ReplayPolicy("every:20", "p:0.9+10%"))
    assert 0 < some.labels < 160


@pytest.mark.parametrize(
    ("retrain", "review"), [("hourly", "all"), ("every:0", "all"), ("daily", "some")]
)
def test_unknown_policies_name_the_remedy(retrain: str, review: str) -> None:
    with pytest.raises(ExamplesError, match="is unknown; write"):
        ReplayPolicy(retrain, review)


def test_the_policy_service_is_that_of_the_settings() -> None:
    keys = {field.name: field.default for field in fields(Settings)}
    assert keys["retrain_labels"] == simulation._SERVICE_LABELS
    assert keys["retrain_least"] == simulation._SERVICE_LEAST
