"""Combine two margins into one calibrated log-odds, and a text's worst part with the whole text.

The two margins are combined by logistic regression over the sum of held-out margins (Platt
scaling; Platt, "Probabilistic Outputs for Support Vector Machines", 1999).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from comment_service.spam.features.examples import Example

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EXCESSES = (0.0, 0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Margins:
    """Held-out margins: ``whole`` and ``worst`` of shape (rows, 2), the rest of shape (rows,).

    ``worst`` is the margins of a text's worst part. ``padded`` marks synthetic rows: spam placed
    between honest comments.
    """

    whole: NDArray[np.float64]
    worst: NDArray[np.float64]
    spam: NDArray[np.bool_]
    weight: NDArray[np.float64]
    padded: NDArray[np.bool_]

    @classmethod
    def stack(cls, parts: Sequence[Margins]) -> Margins:
        """Return the rows of all parts in order."""
        import numpy as np

        names = ("whole", "worst", "spam", "weight", "padded")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class Join:
    """Coefficients that turn two margins and the worst part's excess into one log-odds."""

    slopes: tuple[float, float]
    intercept: float
    excess: float

    def flat(self, margins: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds of margins of shape (rows, 2)."""
        import numpy as np

        return np.asarray(margins @ np.array(self.slopes) + self.intercept, dtype=np.float64)

    def log_odds(self, margins: Margins) -> NDArray[np.float64]:
        """Return the log-odds of each row, shape (rows,)."""
        import numpy as np

        whole = self.flat(margins.whole)
        excess = np.maximum(self.flat(margins.worst) - whole, 0.0)
        return np.asarray(whole + self.excess * excess, dtype=np.float64)


def fit_join(margins: Margins) -> Join:
    """Fit slopes and intercept on unpadded rows, then the excess on padded and long rows.

    Both members get the same weight, each measured in its own standard deviations. With few groups,
    a fitted proportion would swing from one member to the other without being better on the next
    group.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    plain = ~margins.padded
    whole, spam, weight = margins.whole[plain], margins.spam[plain], margins.weight[plain]
    center = np.average(whole, axis=0, weights=weight)
    spread = np.sqrt(np.average((whole - center) ** 2, axis=0, weights=weight))
    shares = 1.0 / np.maximum(spread, 1e-9)
    fit = LogisticRegression(C=100.0).fit((whole @ shares)[:, None], spam, sample_weight=weight)
    logistic, svm = (max(float(fit.coef_[0, 0]), 0.0) * shares).tolist()
    join = Join((logistic, svm), float(fit.intercept_[0]), 0.0)
    return Join(join.slopes, join.intercept, _fit_excess(margins, join))


def _fit_excess(margins: Margins, join: Join) -> float:
    """Return the share of the worst part's excess with the lowest log loss on long texts."""
    import numpy as np

    long = (margins.worst != margins.whole).any(axis=1)
    if not long.any() or not margins.padded.any():
        return _EXCESSES[1]
    sign = np.where(margins.spam[long], -1.0, 1.0)
    # Honest long comments together weigh four times as much as all padded spam together, because
    # holding an honest comment is the more expensive mistake.
    honest = ~margins.spam[long]
    weight = np.where(honest, 4.0 / max(honest.sum(), 1), 1.0 / max((~honest).sum(), 1))

    def loss(excess: float) -> float:
        odds = Join(join.slopes, join.intercept, excess).log_odds(margins)[long]
        return float((weight * np.logaddexp(0.0, sign * odds)).sum())

    return min(_EXCESSES, key=loss)


def padded(examples: Sequence[Example], seed: int) -> list[str]:
    """Return each spam text between two honest comments drawn from the same examples."""
    honest = [e.text for e in examples if not e.spam]
    if not honest:
        return []
    draw = Random(seed)  # noqa: S311 - no secret is drawn
    return [f"{draw.choice(honest)}\n{e.text}\n{draw.choice(honest)}" for e in examples if e.spam]
