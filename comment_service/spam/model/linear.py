"""The text model: two linear members over hashed columns, combined into one log-odds.

Scoring is two sums over the distinct columns of a text, in numpy alone.

* ``logistic``: naive-Bayes-weighted logistic regression over column presence (Wang and Manning,
  "Baselines and Bigrams", ACL 2012). Sums grow with the length of a text.
* ``svm``: linear SVM over the same weighted columns divided by the square root of their number,
  so that long and short texts have the same weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING

from comment_service.spam.features.reading import Reading
from comment_service.spam.features.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Log-odds are clipped to ± this value; it also keeps probabilities inside (0, 1).
LIMIT = 12.0


@dataclass(frozen=True)
class SitePart:
    """Part learned from a site's decisions: ``weights`` (2, columns), ``biases``, ``mix`` m0 … m3.

    The log-odds become m0 + m1 · base + m2 · logistic + m3 · svm.
    """

    weights: NDArray[np.float32]
    biases: tuple[float, float]
    mix: tuple[float, float, float, float]


@dataclass(frozen=True)
class TextModel:
    """Weights and the coefficients that combine them.

    Attributes:
        recipe: how texts are read.
        weights: float32, shape (2, 2 ** bits): rows logistic and svm.
        biases: shape (2,).
        slopes: shape (2,): log-odds per unit of each member's margin.
        intercept: log-odds of a text if both members return zero.
        excess: share added of the difference by which a long text's worst part exceeds the whole.
        site: the part learned from a site's decisions, if any.
    """

    recipe: Recipe
    weights: NDArray[np.float32]
    biases: tuple[float, float]
    slopes: tuple[float, float]
    intercept: float
    excess: float
    site: SitePart | None = None

    def joined(
        self,
        columns: NDArray[np.uint32],
        own: NDArray[np.uint32] | None = None,
        most: float = inf,
    ) -> float:
        """Return the log-odds of one text, or of a part of a text, without looking at parts.

        ``own`` are the columns for the site's part, if they differ from those of the text; ``most``
        is the most that the base may say.
        """
        logistic, svm = _margins(self.weights, self.biases, columns)
        base = self.intercept + self.slopes[0] * logistic + self.slopes[1] * svm
        base = min(base, most)
        if self.site is None:
            return base
        logistic, svm = _margins(
            self.site.weights, self.site.biases, columns if own is None else own
        )
        mix = self.site.mix
        return mix[0] + mix[1] * base + mix[2] * logistic + mix[3] * svm

    def log_odds(
        self, reading: Reading, own: NDArray[np.uint32] | None = None, most: float = inf
    ) -> float:
        """Return the log-odds of spam, including the worst part of a long text, within ± 12.

        ``most`` is the most that the base may say about the text.
        """
        whole = self.joined(reading.columns(), own, most)
        parts = (self.joined(part, most=most) for part in reading.windows(self.recipe))
        worst = max(parts, default=whole)
        value = whole + self.excess * max(worst - whole, 0.0)
        return min(max(value, -LIMIT), LIMIT)

    def by_token(self, reading: Reading) -> NDArray[np.float64]:
        """Return the log-odds contributed by each token, shape (number of tokens,).

        The weight of a column that occurs several times is divided among its positions, and that of
        a pair of words between both. A text without tokens, such as one of markup only, has columns
        but no position for them.
        """
        import numpy as np

        distinct, index = reading.distinct, reading.index
        counts = np.bincount(index, minlength=len(distinct))
        root = sqrt(max(len(distinct), 1))
        share = self.site.mix[1] if self.site else 1.0
        per_column = share * self.slopes[0] * self.weights[0, distinct]
        per_column += share * self.slopes[1] * self.weights[1, distinct] / root
        if self.site:
            per_column += self.site.mix[2] * self.site.weights[0, distinct]
            per_column += self.site.mix[3] * self.site.weights[1, distinct] / root
        shares = (per_column / counts)[index].astype(np.float64)
        number = len(reading.tokens.forms)
        found = np.bincount(reading.places, shares, minlength=number)[:number]
        for gap, pairs in reading.pairs():
            halves = shares[pairs] / 2
            found[:-gap] -= halves
            found[gap:] += halves
        return np.asarray(found, dtype=np.float64)


def neutral_model(recipe: Recipe) -> TextModel:
    """Return an untrained model: every text has probability 0.5."""
    import numpy as np

    weights = np.zeros((2, 1 << recipe.bits), dtype=np.float32)
    return TextModel(recipe, weights, (0.0, 0.0), (0.0, 0.0), 0.0, 0.2)


def _margins(
    weights: NDArray[np.float32], biases: tuple[float, float], columns: NDArray[np.uint32]
) -> tuple[float, float]:
    """Return the margins of logistic and svm for distinct columns."""
    logistic, svm = float(weights[0].take(columns).sum()), float(weights[1].take(columns).sum())
    return logistic + biases[0], svm / sqrt(max(len(columns), 1)) + biases[1]
