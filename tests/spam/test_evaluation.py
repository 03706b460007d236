"""Figures match their definitions; near-duplicates count once."""

from __future__ import annotations

import numpy as np
import pytest

from comment_service.spam import Classifier, Example, ExamplesError, Thresholds
from comment_service.spam.evaluation.evaluate import evaluate
from comment_service.spam.model.metrics import calibration_error, figures, intervals, recall_at
from comment_service.spam.training.duplicates import clusters, first_of_clusters

TRUTH = np.array([True, True, True, False, False, False, False, False])
SCORES = np.array([0.99, 0.8, 0.2, 0.6, 0.1, 0.1, 0.05, 0.05])


def test_figures_of_a_hand_calculated_case() -> None:
    found = figures(TRUTH, SCORES, Thresholds(0.5, 0.95))
    assert found["n"] == 8
    assert found["spam"] == 3
    assert found["accuracy"] == pytest.approx(6 / 8)
    assert found["roc_auc"] == pytest.approx(14 / 15)
    assert found["ham_held"] == pytest.approx(1 / 5)
    assert found["ham_filed"] == 0
    assert found["spam_stopped"] == pytest.approx(2 / 3)
    assert found["spam_filed"] == pytest.approx(1 / 3)


def test_figures_that_need_both_labels_are_missing_without() -> None:
    found = figures(TRUTH[3:], SCORES[3:], Thresholds(0.5, 0.95))
    assert found["mcc"] is None
    assert found["roc_auc"] is None
    assert found["spam_stopped"] is None
    assert found["ham_held"] == pytest.approx(1 / 5)


def test_recall_at_no_false_positives() -> None:
    assert recall_at(TRUTH, SCORES, 0.0) == pytest.approx(2 / 3)


def test_calibration_error_is_zero_when_shares_match() -> None:
    truth = np.array([True] * 3 + [False] * 7)
    assert calibration_error(truth, np.full(10, 0.3)) == pytest.approx(0.0)
    assert calibration_error(truth, np.full(10, 0.9)) == pytest.approx(0.6)


def test_intervals_hold_the_figure() -> None:
    ends = intervals(TRUTH, SCORES, Thresholds(0.5, 0.95), rounds=50)
    assert ends["accuracy"][0] <= 6 / 8 <= ends["accuracy"][1]


def test_near_duplicates_share_a_cluster() -> None:
    texts = [
        "Please subscribe to my channel and win a phone",
        "Plеasе subscribe to my channel and win a phone!!",
        "Please subscribe to my channel and win a phone 2",
        "An honest remark about the bridge by the lake",
    ]
    numbers = clusters(texts)
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]
    assert first_of_clusters(numbers) == [True, False, False, True]


def test_evaluation_reports_every_figure(classifier: Classifier, examples: list[Example]) -> None:
    report = evaluate(examples[:60], classifier, rounds=5).as_dict()
    assert report["model"] == classifier.model_id
    wanted = {"n", "spam", "accuracy", "f1", "mcc", "roc_auc", "pr_auc", "recall_at_0_5"}
    wanted |= {"recall_at_1", "brier", "ece", "ham_held", "ham_filed", "spam_stopped"}
    assert wanted <= set(report["all"])
    assert report["without_near_duplicates"]["n"] <= report["all"]["n"]
    assert report["milliseconds"]["median"] > 0


def test_evaluating_no_examples_is_an_error(classifier: Classifier) -> None:
    with pytest.raises(ExamplesError, match="no comments to evaluate"):
        evaluate([], classifier)
