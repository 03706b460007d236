"""The text model: two linear members over hashed columns, joined into one log-odds.

Scoring is two sums over the distinct columns of a text, in numpy alone.

* ``logistic``: naive-Bayes-weighted logistic regression over column presence (Wang and Manning,
  "Baselines and Bigrams", ACL 2012). Sums grow with the length of a text.
* ``svm``: linear SVM over the same weighted columns divided by the root of their number, so that
  long and short texts weigh alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from comment_service.spam.features import Reading
from comment_service.spam.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Beyond this a log-odds says nothing more; also keeps probabilities inside (0, 1).
LIMIT = 12.0


@dataclass(frozen=True)
class SitePart:
    """What a site's own decisions add: ``weights`` (2, columns), ``biases`` and ``mix`` m0 … m3.

    The log-odds become m0 + m1 · base + m2 · logistic + m3 · svm.
    """

    weights: NDArray[np.float32]
    biases: tuple[float, float]
    mix: tuple[float, float, float, float]


@dataclass(frozen=True)
class TextModel:
    """Weights and how they are joined.

    Attributes:
        recipe: how texts are read.
        weights: float32, shape (2, 2 ** bits): rows logistic and svm.
        biases: shape (2,).
        slopes: shape (2,): what one unit of each member adds to the log-odds.
        intercept: log-odds of a text on which both members say zero.
        excess: share of what the worst part of a long text scores above the whole that is added.
        site: what a site's decisions add, if any were learned from.
    """

    recipe: Recipe
    weights: NDArray[np.float32]
    biases: tuple[float, float]
    slopes: tuple[float, float]
    intercept: float
    excess: float
    site: SitePart | None = None

    def joined(self, columns: NDArray[np.uint32], own: NDArray[np.uint32] | None = None) -> float:
        """Return the log-odds of one text, or part of a text, taken as a whole.

        ``own`` are the columns for the site's part, where they are more than those of the text.
        """
        logistic, svm = _margins(self.weights, self.biases, columns)
        base = self.intercept + self.slopes[0] * logistic + self.slopes[1] * svm
        if self.site is None:
            return base
        logistic, svm = _margins(
            self.site.weights, self.site.biases, columns if own is None else own
        )
        mix = self.site.mix
        return mix[0] + mix[1] * base + mix[2] * logistic + mix[3] * svm

    def log_odds(self, reading: Reading, own: NDArray[np.uint32] | None = None) -> float:
        """Return the log-odds of spam, parts of a long text considered, within ± 12."""
        whole = self.joined(reading.columns(), own)
        worst = max((self.joined(part) for part in reading.windows(self.recipe)), default=whole)
        value = whole + self.excess * max(worst - whole, 0.0)
        return min(max(value, -LIMIT), LIMIT)

    def by_token(self, reading: Reading) -> NDArray[np.float64]:
        """Return what each token adds to the log-odds, shape (number of tokens,).

        A column that occurs several times shares its weight among its places.
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
        found = np.bincount(reading.places, shares, minlength=len(reading.tokens.tokens))
        return np.asarray(found, dtype=np.float64)


def neutral_model(recipe: Recipe) -> TextModel:
    """Return a model that knows nothing: every text is as likely spam as not."""
    import numpy as np

    weights = np.zeros((2, 1 << recipe.bits), dtype=np.float32)
    return TextModel(recipe, weights, (0.0, 0.0), (0.0, 0.0), 0.0, 0.2)


def _margins(
    weights: NDArray[np.float32], biases: tuple[float, float], columns: NDArray[np.uint32]
) -> tuple[float, float]:
    """Return the margins of logistic and svm for distinct columns."""
    logistic, svm = float(weights[0].take(columns).sum()), float(weights[1].take(columns).sum())
    return logistic + biases[0], svm / sqrt(max(len(columns), 1)) + biases[1]
