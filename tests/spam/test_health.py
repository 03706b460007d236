"""Drift, calibration bins, and the comments to review first."""

from __future__ import annotations

from random import Random

import pytest

from comment_service.spam.evaluation.drift import calibration, drift, stability_index
from comment_service.spam.training.active_learning import Candidate, select_for_review


def test_equal_scores_do_not_drift() -> None:
    draw = Random(1)  # noqa: S311
    scores = [draw.random() for _ in range(1000)]
    found = drift(scores[:500], scores[500:], ["a walk by the lake"], ["a walk by the lake"])
    assert found.scores < 0.25
    assert found.words == pytest.approx(0.0)
    assert found.new_words == 0.0
    assert found.warnings == ()


def test_changed_scores_and_words_give_a_warning() -> None:
    found = drift([0.05] * 90 + [0.2] * 10, [0.8] * 60 + [0.9] * 40, ["walk"], ["casino casino"])
    assert found.scores > 0.25
    assert found.words == pytest.approx(1.0)
    assert found.new_words == 1.0
    assert "distribution of scores has changed" in found.warnings[0]


def test_constant_scores_give_a_warning() -> None:
    assert "blind" in drift([0.1, 0.2] * 50, [0.5] * 100).warnings[0]
    assert drift([], [0.5] * 5).warnings == ()


def test_stability_index_of_no_scores_is_zero() -> None:
    assert stability_index([], [0.5]) == 0.0


def test_calibration_bins_hold_every_comment() -> None:
    bins = calibration([True, False, True], [0.95, 0.05, 1.0])
    assert bins == [(0.05, 0.0, 1), (pytest.approx(0.975), 1.0, 2)]


def test_selection_mixes_threshold_campaigns_and_random() -> None:
    rows = [Candidate(n, f"remark {n} about {n * 7919}", n / 100) for n in range(80)]
    rows += [Candidate(100 + n, f"Buy the best pills at pills.example {n}", 0.2) for n in range(20)]
    found = select_for_review(rows, 0.5)
    assert len(found) == 20
    assert len({pick.key for pick in found}) == 20
    kinds = [pick.why for pick in found]
    assert kinds.count("drawn at random") == 5
    assert max(pick.alike for pick in found) >= 10
    near = [int(str(p.key)) for p in found if p.why == "near the threshold"]
    assert near
    assert all(40 <= key <= 60 for key in near)


def test_random_part_has_its_probability_and_is_repeatable() -> None:
    rows = [Candidate(n, f"remark {n}", 0.5) for n in range(50)]
    found = select_for_review(rows, 0.5, seed=3)
    assert found == select_for_review(rows, 0.5, seed=3)
    assert {pick.chance for pick in found if pick.chance} == {5 / 50}


def test_few_candidates_are_all_selected() -> None:
    assert select_for_review([], 0.5) == []
    assert len(select_for_review([Candidate(1, "a", 0.1), Candidate(2, "b", 0.9)], 0.5)) == 2
