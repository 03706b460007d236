"""Turn a probability into a verdict: publish, hold for review, or file as spam without review.

The two thresholds come from held-out honest comments, never from spam: the tolerated errors are a
number of honest comments per 1,000, and the thresholds stop as much spam as that allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp, inf
from typing import Literal

Verdict = Literal["publish", "hold", "spam"]

#: Minimum threshold for filing as spam, however few honest comments are available.
SPAM_FLOOR = 0.98
#: Cost of a wrongly held honest comment, relative to the cost of a published spam comment.
HONEST_COST = 3.0
#: Minimum threshold for holding: below this probability, the model alone holds nothing.
HOLD_FLOOR = 0.15
#: Minimum number of honest comments of a group, and the share of groups that keep the rates.
_MIN_GROUP, _GROUPS_KEPT = 100, 0.75


@dataclass(frozen=True)
class Thresholds:
    """Probabilities from which a comment is held for review, or filed as spam without review."""

    hold_at: float
    spam_at: float

    def verdict(self, probability: float) -> Verdict:
        """Return the verdict of the model alone."""
        if probability >= self.spam_at:
            return "spam"
        return "hold" if probability >= self.hold_at else "publish"


def probability(log_odds: float) -> float:
    """Convert log-odds to a probability without overflow."""
    if log_odds >= 0:
        return 1.0 / (1.0 + exp(-log_odds))
    power = exp(log_odds)
    return power / (1.0 + power)


def choose_thresholds(
    honest: Mapping[str, Sequence[float]], held_per_1000: float, filed_per_1000: float
) -> Thresholds:
    """Choose thresholds from the held-out probabilities of honest comments, listed by group.

    Each rate is kept by three of four groups (blogs), so that no single blog decides.
    Groups of fewer than 100 comments count as one. With few comments the minimum thresholds apply.
    """
    hold = max(HOLD_FLOOR, _threshold(honest, held_per_1000))
    spam = max(SPAM_FLOOR, _threshold(honest, filed_per_1000), (1 + hold) / 2)
    return Thresholds(round(min(hold, 0.999), 4), round(min(spam, 0.9999), 4))


def _threshold(honest: Mapping[str, Sequence[float]], per_1000: float) -> float:
    """Return the threshold that the allowed share of honest comments reaches in a group."""
    large = [values for values in honest.values() if len(values) >= _MIN_GROUP]
    small = [p for values in honest.values() if len(values) < _MIN_GROUP for p in values]
    if len(small) >= _MIN_GROUP or not large:
        large.append(small)
    each = sorted(_above(values, per_1000) for values in large)
    return each[ceil(_GROUPS_KEPT * (len(each) - 1))]


def _above(values: Sequence[float], per_1000: float) -> float:
    """Return a threshold that at most ``per_1000`` of 1,000 values reach."""
    allowed = int(len(values) * per_1000 / 1000)
    ordered = sorted(values, reverse=True)
    if not ordered:
        return -inf
    return ordered[min(allowed, len(ordered) - 1)] + 1e-4
