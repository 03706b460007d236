"""Fit the two linear members of a text model; scikit-learn does the optimising.

A comment has some ten character n-grams for each word and pair of words, and what counts them
alike hardly hears the words. Word columns are therefore lifted (multiplied before the fit, which
makes their penalty smaller) once there are rows enough to trust them; the scorer never knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comment_service.spam.hashing import names_from
from comment_service.spam.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Members:
    """Weights of the members, float32 of shape (2, columns), and their biases, shape (2,)."""

    weights: NDArray[np.float32]
    biases: tuple[float, float]

    def margins(self, matrix: csr_matrix) -> NDArray[np.float64]:
        """Return both margins of each row, shape (rows, 2)."""
        import numpy as np

        roots = np.sqrt(np.maximum(np.diff(matrix.indptr), 1))
        logistic = matrix @ self.weights[0] + self.biases[0]
        svm = (matrix @ self.weights[1]) / roots + self.biases[1]
        return np.stack([logistic, svm], axis=1).astype(np.float64)


def column_ratios(
    matrix: csr_matrix, spam: NDArray[np.bool_], weight: NDArray[np.float64], smoothing: float
) -> NDArray[np.float32]:
    """Return each column's log-count ratio, shape (columns,), 0 for a column never seen.

    The naive-Bayes weights of Wang and Manning (ACL 2012): shares of a label's columns, not of its
    comments, so that a label of longer comments does not own every word. The smoothing is centred
    on those shares: what is rare is neutral however unequal the labels are.
    """
    import numpy as np

    counts = {label: matrix[spam == label].T @ weight[spam == label] for label in (True, False)}
    total = {label: max(float(count.sum()), 1e-9) for label, count in counts.items()}
    every = total[True] + total[False]
    logs = {
        label: np.log((count + smoothing * total[label] / every) / total[label])
        for label, count in counts.items()
    }
    return np.asarray(logs[True] - logs[False], dtype=np.float32)


def rarities(matrix: csr_matrix, weight: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return each column's inverse document frequency, smoothed, at least 1; 0 if never seen."""
    import numpy as np

    found = matrix.T @ weight
    values = np.log((1 + weight.sum()) / (1 + found)) + 1
    return np.where(found > 0, values, 0.0).astype(np.float32)


def fit_members(
    matrix: csr_matrix, spam: NDArray[np.bool_], weight: NDArray[np.float64], recipe: Recipe
) -> Members:
    """Fit both members.

    The second is the mean of two linear SVMs over columns divided by the root of their number, one
    weighted by log-count ratios, the other by rarity, which knows nothing of the labels: they err
    on different comments, and the mean costs nothing to score.

    Args:
        matrix: ones, shape (rows, columns).
        spam: labels, shape (rows,); both must occur.
        weight: how much each row counts, shape (rows,).
        recipe: smoothing, lift and penalties.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    lifts = _lifts(matrix, recipe)
    ratios = column_ratios(matrix, spam, weight, recipe.smoothing) * lifts
    logistic = LogisticRegression(C=recipe.logistic_c, max_iter=200)
    _fit_quietly(logistic, _scaled(matrix, ratios), spam, weight)
    weights, biases = [logistic.coef_[0] * ratios], [float(logistic.intercept_[0])]
    roots = np.sqrt(np.maximum(np.diff(matrix.indptr), 1)).astype(np.float32)
    halves = ((ratios, recipe.svm_c), (rarities(matrix, weight) * lifts, recipe.rarity_c))
    for scale, c in halves:
        svm = LinearSVC(C=c, tol=1e-2, random_state=recipe.seed, max_iter=2000)
        _fit_quietly(svm, _scaled(matrix, scale, 1 / roots), spam, weight)
        weights.append(svm.coef_[0] * scale)
        biases.append(float(svm.intercept_[0]))
    both = np.stack([weights[0], (weights[1] + weights[2]) / 2]).astype(np.float32)
    return Members(both, (biases[0], (biases[1] + biases[2]) / 2))


def _lifts(matrix: csr_matrix, recipe: Recipe) -> NDArray[np.float32]:
    """Return what each column is multiplied by: names count more, in full where rows are many."""
    import numpy as np

    rows, columns = matrix.shape
    lifts = np.ones(columns, dtype=np.float32)
    lifts[names_from(recipe.bits) :] = recipe.word_lift ** min(rows / recipe.lift_rows, 1.0)
    return lifts


def _scaled(
    matrix: csr_matrix, scale: NDArray[np.float32], by_row: NDArray[np.float32] | None = None
) -> csr_matrix:
    """Return a matrix of ones with its columns, and its rows, multiplied; indices are shared."""
    import numpy as np
    from scipy.sparse import csr_matrix

    data = scale[matrix.indices]
    if by_row is not None:
        data *= np.repeat(by_row, np.diff(matrix.indptr))
    return csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _fit_quietly(
    estimator: object, matrix: csr_matrix, spam: NDArray[np.bool_], weight: NDArray[np.float64]
) -> None:
    """Fit; stopping at the limit of iterations is meant, more of them change no decision."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(matrix, spam, sample_weight=weight)  # type: ignore[attr-defined]
