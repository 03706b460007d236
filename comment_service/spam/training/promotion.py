"""Decide whether a candidate replaces the active model (the champion).

A candidate goes live unless there is evidence against it, so that learning is never stopped by a
difference that chance explains:

* on the **new decisions**, which neither model has seen, it must not cost more;
* on the **earlier decisions**, which both have seen, it must not contradict people far more often:
  a flood of wrong labels does;
* on a frozen **canary set** of ordinary comments, it must not hold honest ones. Foreign spam that a
  site's model rightly takes less seriously does not count.

Costs are tested with a paired bootstrap (Koehn, "Statistical Significance Tests for Machine
Translation Evaluation", EMNLP 2004): the same rows are drawn for both models, so that random
differences between rows cancel out. Fewer than ``MIN_COSTLIER`` rows never decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comment_service.spam.model.policy import HONEST_COST, Thresholds
from comment_service.text.sentences import staff_sentence

#: A candidate counts as worse if it costs more in at least this share of draws.
WORSE_SHARE = 0.95
#: Minimum number of rows on which a candidate must cost more to count as worse.
MIN_COSTLIER = 3
#: A smaller difference in cost per 1,000 comments is no reason against a candidate.
SMALL_DIFFERENCE = 15.0
#: Additional cost per 1,000 earlier decisions from which a candidate contradicts them.
CONTRADICTION = 50.0
#: Honest comments of the canary set that a candidate may hold beyond those of the champion.
MAX_CANARY_HELD = 2


@dataclass(frozen=True)
class ModelScores:
    """One model's probabilities on rows that it was not trained on, and its thresholds."""

    probability: Sequence[float]
    thresholds: Thresholds


@dataclass(frozen=True)
class Comparison:
    """Champion against candidate on one set of rows.

    ``champion`` and ``candidate`` are costs per 1,000 comments, ``…_f1`` the F1 scores for stopping
    spam, ``…_held`` the honest comments that are held or filed as spam; ``worse`` is the share of
    paired draws in which the candidate costs more, ``costlier`` the number of rows on which it
    does; ``flips`` are the rows with different verdicts.
    """

    rows: int
    champion: float
    candidate: float
    champion_f1: float
    candidate_f1: float
    champion_held: int
    candidate_held: int
    worse: float
    costlier: int
    flips: tuple[int, ...]


@dataclass(frozen=True)
class PromotionDecision:
    """The promotion decision with its reasons as sentences, and the comparisons."""

    promoted: bool
    reasons: tuple[str, ...]
    recent: Comparison
    earlier: Comparison
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
        return Comparison(0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0.0, 0, ())
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
        champion_held=_held(spam, champion),
        candidate_held=_held(spam, candidate),
        worse=worse,
        costlier=int((difference > 0).sum()),
        flips=flips,
    )


def decide(recent: Comparison, earlier: Comparison, canary: Comparison) -> PromotionDecision:
    """Return whether the candidate is promoted, with the reasons.

    Args:
        recent: both models on new decisions, each scored by a fit that has not seen it.
        earlier: both models on decisions that both were trained on.
        canary: both models on the canary set.
    """
    against = []
    if _is_worse(recent):
        against.append(
            staff_sentence(
                "it costs more on %(decisions)s new decisions (%(candidate)s against "
                "%(champion)s in 1,000); review what is held, so that it learns from more",
                decisions=recent.rows,
                candidate=f"{recent.candidate:.0f}",
                champion=f"{recent.champion:.0f}",
            )
        )
    if _is_worse(earlier) and earlier.candidate - earlier.champion >= CONTRADICTION:
        against.append(
            staff_sentence(
                "it contradicts %(flips)s of %(decisions)s earlier decisions; check the newest "
                "decisions for mistakes, or undo them by source",
                flips=len(earlier.flips),
                decisions=earlier.rows,
            )
        )
    if canary.candidate_held > canary.champion_held + MAX_CANARY_HELD:
        against.append(
            staff_sentence(
                "it would hold %(held)s ordinary comments of the canary set (%(before)s before); "
                "check the newest spam decisions for mistakes",
                held=canary.candidate_held,
                before=canary.champion_held,
            )
        )
    favour = (
        staff_sentence(
            "it costs %(candidate)s against %(champion)s in 1,000 on %(decisions)s new decisions",
            candidate=f"{recent.candidate:.0f}",
            champion=f"{recent.champion:.0f}",
            decisions=recent.rows,
        )
        if recent.rows
        else staff_sentence("nothing speaks against it; there are no new decisions to compare on")
    )
    return PromotionDecision(not against, tuple(against) or (favour,), recent, earlier, canary)


def _is_worse(found: Comparison) -> bool:
    return (
        found.candidate - found.champion >= SMALL_DIFFERENCE
        and found.worse >= WORSE_SHARE
        and found.costlier >= MIN_COSTLIER
    )


def _costs(spam: Sequence[bool], judged: ModelScores) -> list[float]:
    """Return each row's cost: honest held 3, honest filed 15, spam published 1, spam held 0.02."""
    honest = {"publish": 0.0, "hold": HONEST_COST, "spam": 5 * HONEST_COST}
    advert = {"publish": 1.0, "hold": 0.02, "spam": 0.0}
    pairs = zip(spam, judged.probability, strict=True)
    return [(advert if is_spam else honest)[judged.thresholds.verdict(p)] for is_spam, p in pairs]


def _f1(spam: Sequence[bool], judged: ModelScores) -> float:
    """Return the F1 of stopping (holding or filing) spam; 0 if there is none."""
    stopped = [p >= judged.thresholds.hold_at for p in judged.probability]
    hits = sum(s and t for s, t in zip(spam, stopped, strict=True))
    return 2 * hits / max(sum(spam) + sum(stopped), 1)


def _held(spam: Sequence[bool], judged: ModelScores) -> int:
    """Return the number of honest comments that are held or filed as spam."""
    pairs = zip(spam, judged.probability, strict=True)
    return sum(p >= judged.thresholds.hold_at for is_spam, p in pairs if not is_spam)
