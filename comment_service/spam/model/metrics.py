"""Quality figures of a set of probabilities, with intervals; definitions as in scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from comment_service.spam.model.policy import Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Truth = NDArray[np.bool_]
    Values = NDArray[np.float64]

#: Name of a figure → its value; None if a figure needs both labels and only one occurs.
Figures = dict[str, float | None]


def figures(spam: Truth, probability: Values, thresholds: Thresholds) -> Figures:
    """Return the figures of probabilities against the true labels, both of shape (rows,).

    ``ham_held``, ``ham_filed`` and ``spam_stopped`` are shares at the given thresholds; accuracy,
    F1 and MCC are at 0.5; ``recall_at_1`` is recall at 1 % false positives.
    """
    found: Figures = {"n": float(len(spam)), "spam": float(spam.sum())}
    found |= _at_half(spam, probability)
    found |= _ranking(spam, probability)
    found |= _calibration(spam, probability)
    return found | _at_thresholds(spam, probability, thresholds)


def _at_half(spam: Truth, probability: Values) -> Figures:
    from sklearn.metrics import f1_score, matthews_corrcoef

    flagged = probability >= 0.5
    both = bool(spam.any() and not spam.all())
    return {
        "accuracy": float((flagged == spam).mean()),
        "f1": float(f1_score(spam, flagged, zero_division=0.0)) if both else None,
        "mcc": float(matthews_corrcoef(spam, flagged)) if both else None,
    }


def _ranking(spam: Truth, probability: Values) -> Figures:
    from sklearn.metrics import average_precision_score, roc_auc_score

    if spam.all() or not spam.any():
        return dict.fromkeys(("roc_auc", "pr_auc", "recall_at_0_5", "recall_at_1"))
    return {
        "roc_auc": float(roc_auc_score(spam, probability)),
        "pr_auc": float(average_precision_score(spam, probability)),
        "recall_at_0_5": recall_at(spam, probability, 0.005),
        "recall_at_1": recall_at(spam, probability, 0.01),
    }


def recall_at(spam: Truth, score: Values, false_positives: float) -> float:
    """Return the share of spam found at a given share of false positives."""
    import numpy as np

    ham = np.sort(score[~spam])[::-1]
    return float((score[spam] > ham[int(false_positives * len(ham))]).mean())


def _calibration(spam: Truth, probability: Values) -> Figures:
    return {
        "brier": float(((probability - spam) ** 2).mean()),
        "ece": calibration_error(spam, probability),
    }


def calibration_error(spam: Truth, probability: Values, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width.

    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
    Binning", AAAI 2015.
    """
    import numpy as np

    index = np.minimum((probability * bins).astype(int), bins - 1)
    error = 0.0
    for bin_ in range(bins):
        inside = index == bin_
        if inside.any():
            error += inside.mean() * abs(probability[inside].mean() - spam[inside].mean())
    return float(error)


def _at_thresholds(spam: Truth, probability: Values, thresholds: Thresholds) -> Figures:
    held, filed = probability >= thresholds.hold_at, probability >= thresholds.spam_at
    return {
        "ham_held": _share(held[~spam]),
        "ham_filed": _share(filed[~spam]),
        "spam_stopped": _share(held[spam]),
        "spam_filed": _share(filed[spam]),
    }


def _share(flags: Truth) -> float | None:
    return float(flags.mean()) if len(flags) else None


def intervals(
    spam: Truth,
    probability: Values,
    thresholds: Thresholds,
    *,
    rounds: int = 200,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, tuple[float, float]]:
    """Return 95 % bootstrap intervals of every figure (Efron's percentile method)."""
    import numpy as np

    draw = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    for done in range(rounds):
        rows = draw.integers(0, len(spam), len(spam))
        for name, value in figures(spam[rows], probability[rows], thresholds).items():
            if value is not None and name not in ("n", "spam"):
                drawn.setdefault(name, []).append(value)
        if progress:
            progress(done + 1, rounds)
    ends = {name: np.percentile(values, [2.5, 97.5]) for name, values in drawn.items()}
    return {name: (float(low), float(high)) for name, (low, high) in ends.items()}
