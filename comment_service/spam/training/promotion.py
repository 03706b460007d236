"""Decide whether a candidate replaces the active model (the champion).

A candidate goes live only if it is not worse on a frozen canary set and better or equal on the
site's recent held-out decisions. Both are tested with a paired bootstrap (Koehn, "Statistical
Significance Tests for Machine Translation Evaluation", EMNLP 2004): the same rows are drawn for
both models, so that random differences between rows cancel out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comment_service.spam.model.policy import HONEST_COST, Thresholds

#: A candidate counts as worse if it costs more in at least this share of draws.
WORSE_SHARE = 0.9
#: A candidate is refused if its F1 on the canary set is lower by this much or more.
CANARY_SLACK = 0.005
MIN_RECENT = 20


@dataclass(frozen=True)
class ModelScores:
    """One model's probabilities on rows that it was not trained on, and its thresholds."""

    probability: Sequence[float]
    thresholds: Thresholds


@dataclass(frozen=True)
class Comparison:
    """Champion against candidate on one set of rows.

    ``champion`` and ``candidate`` are costs per 1,000 comments; ``worse`` is the share of paired
    draws in which the candidate costs more; ``flips`` are the rows with different verdicts.
    """

    rows: int
    champion: float
    candidate: float
    champion_f1: float
    candidate_f1: float
    worse: float
    flips: tuple[int, ...]


@dataclass(frozen=True)
class PromotionDecision:
    """The promotion decision with its reasons as sentences, and both comparisons."""

    promoted: bool
    reasons: tuple[str, ...]
    recent: Comparison
    canary: Comparison


def compare(
    spam: Sequence[bool],
    champion: ModelScores,
    candidate: ModelScores,
    *,
    rounds: int = 500,
    seed: int = 1,
) -> Comparison:
    """Compare two models on the same rows.

    Args:
        spam: the true label of each row.
        champion: the active model's scores of the rows.
        candidate: the new model's scores of the same rows.
        rounds: number of paired draws.
        seed: random seed of the draws.
    """
    import numpy as np

    truth = np.array(spam, dtype=bool)
    if not len(truth):
        return Comparison(0, 0.0, 0.0, 0.0, 0.0, 0.0, ())
    costs = [_costs(spam, judged) for judged in (champion, candidate)]
    difference = np.array(costs[1]) - np.array(costs[0])
    draws = np.random.default_rng(seed).integers(0, len(truth), (rounds, len(truth)))
    worse = float((difference[draws].sum(axis=1) > 0).mean())
    verdicts = [[j.thresholds.verdict(p) for p in j.probability] for j in (champion, candidate)]
    flips = tuple(row for row, (a, b) in enumerate(zip(*verdicts, strict=True)) if a != b)
    return Comparison(
        rows=len(truth),
        champion=1000 * sum(costs[0]) / len(truth),
        candidate=1000 * sum(costs[1]) / len(truth),
        champion_f1=_f1(spam, champion),
        candidate_f1=_f1(spam, candidate),
        worse=worse,
        flips=flips,
    )


def decide(recent: Comparison, canary: Comparison) -> PromotionDecision:
    """Return whether the candidate is promoted, with the reasons."""
    against = []
    if recent.rows < MIN_RECENT:
        against.append(
            f"only {recent.rows} recent decisions were held out; decide {MIN_RECENT} or more"
        )
    if recent.candidate > recent.champion and recent.worse >= 0.5:
        against.append(
            f"it costs more on {recent.rows} recent decisions"
            f" ({recent.candidate:.1f} against {recent.champion:.1f} in 1,000)"
        )
    if canary.rows and canary.worse >= WORSE_SHARE and canary.candidate > canary.champion:
        against.append(f"it is worse on the {canary.rows} comments of the canary set")
    if canary.rows and canary.champion_f1 - canary.candidate_f1 >= CANARY_SLACK:
        lost = 100 * (canary.champion_f1 - canary.candidate_f1)
        against.append(f"it loses {lost:.1f} points of F1 on the canary set")
    favour = (
        f"it costs {recent.candidate:.1f} against {recent.champion:.1f} in 1,000 on"
        f" {recent.rows} recent decisions and holds on the canary set",
    )
    return PromotionDecision(not against, tuple(against) or favour, recent, canary)


def _costs(spam: Sequence[bool], judged: ModelScores) -> list[float]:
    """Return each row's cost: honest held 3, honest filed 15, spam published 1, spam held 0.1."""
    honest = {"publish": 0.0, "hold": HONEST_COST, "spam": 5 * HONEST_COST}
    advert = {"publish": 1.0, "hold": 0.1, "spam": 0.0}
    pairs = zip(spam, judged.probability, strict=True)
    return [(advert if is_spam else honest)[judged.thresholds.verdict(p)] for is_spam, p in pairs]


def _f1(spam: Sequence[bool], judged: ModelScores) -> float:
    """Return the F1 of stopping (holding or filing) spam; 0 if there is none."""
    stopped = [p >= judged.thresholds.hold_at for p in judged.probability]
    hits = sum(s and t for s, t in zip(spam, stopped, strict=True))
    return 2 * hits / max(sum(spam) + sum(stopped), 1)
