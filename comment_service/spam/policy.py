"""From a probability to what is done: publish, hold for a look, or file as spam unseen.

The two thresholds come from honest comments the model had not seen, never from spam: what may go
wrong is set as honest comments in 1,000, and as much spam is stopped as that allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf
from typing import Literal

Verdict = Literal["publish", "hold", "spam"]

#: Filing unseen never asks for less certainty than this, however few honest comments were seen.
SPAM_FLOOR = 0.98
#: What a wrongly held honest comment costs beside a published piece of spam.
HONEST_COST = 3.0
#: Below this probability nothing is held by the model alone.
HOLD_FLOOR = 0.30


@dataclass(frozen=True)
class Thresholds:
    """Probabilities from which a comment is held, or filed as spam without a look."""

    hold_at: float
    spam_at: float

    def verdict(self, probability: float) -> Verdict:
        """Return what the model alone would do."""
        if probability >= self.spam_at:
            return "spam"
        return "hold" if probability >= self.hold_at else "publish"


def probability(log_odds: float) -> float:
    """Return the probability of log-odds, safe at both ends."""
    if log_odds >= 0:
        return 1.0 / (1.0 + exp(-log_odds))
    power = exp(log_odds)
    return power / (1.0 + power)


def choose_thresholds(
    honest: Mapping[str, Sequence[float]], held_per_1000: float, filed_per_1000: float
) -> Thresholds:
    """Choose thresholds from honest comments' probabilities, listed by group left out.

    Both rates hold over all groups pooled, and two and a half times (hold) or four times (file) the
    rate for each group of at least 200 comments. With few comments the floors bind.
    """
    hold = max(HOLD_FLOOR, _threshold(honest, held_per_1000, 2.5))
    spam = max(SPAM_FLOOR, _threshold(honest, filed_per_1000, 4.0), (1 + hold) / 2)
    return Thresholds(round(min(hold, 0.999), 4), round(min(spam, 0.9999), 4))


def _threshold(honest: Mapping[str, Sequence[float]], per_1000: float, slack: float) -> float:
    pooled = [p for values in honest.values() for p in values]
    found = [_above(pooled, per_1000)]
    found += [_above(values, per_1000 * slack) for values in honest.values() if len(values) >= 200]
    return max(found)


def _above(values: Sequence[float], per_1000: float) -> float:
    """Return a threshold that at most ``per_1000`` of 1,000 values reach."""
    allowed = int(len(values) * per_1000 / 1000)
    ordered = sorted(values, reverse=True)
    if not ordered:
        return -inf
    return ordered[min(allowed, len(ordered) - 1)] + 1e-4
