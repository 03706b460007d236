"""Fit the two linear members of a text model.

A comment has about ten character n-grams for each word and pair of words. If all columns counted
alike, the words would hardly matter. Word columns are therefore lifted (multiplied before the fit,
which makes their penalty smaller) once there are enough rows to trust them. Scoring needs no
change, because the lift is part of the stored weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comment_service.spam.features.hashing import names_from
from comment_service.spam.features.recipe import Recipe
from comment_service.spam.training.liblinear import fit_svm
from comment_service.spam.training.logistic import fit_logistic

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
    """Return each column's log-count ratio, shape (columns,); 0 for a column that never occurs.

    These are the naive-Bayes weights of Wang and Manning (ACL 2012). Shares are of a label's
    columns, not of its comments, so that a label with longer comments does not dominate every
    word. The smoothing is centred on those shares: a rare column is neutral however unequal the
    labels are.
    """
    import numpy as np

    counts = {label: _column_sums(matrix, weight * (spam == label)) for label in (True, False)}
    total = {label: max(float(count.sum()), 1e-9) for label, count in counts.items()}
    every = total[True] + total[False]
    logs = {
        label: np.log((count + smoothing * total[label] / every) / total[label])
        for label, count in counts.items()
    }
    return np.asarray(logs[True] - logs[False], dtype=np.float32)


def rarities(matrix: csr_matrix, weight: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return each column's smoothed inverse document frequency, at least 1; 0 if unseen."""
    import numpy as np

    found = _column_sums(matrix, weight)
    values = np.log((1 + weight.sum()) / (1 + found)) + 1
    return np.where(found > 0, values, 0.0).astype(np.float32)


def _column_sums(matrix: csr_matrix, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of the weights of the rows that have each column, shape (columns,).

    Sums are float32: with float64 weights, scipy would copy the matrix first.
    """
    import numpy as np

    return np.asarray(matrix.T @ weight.astype(np.float32), dtype=np.float64)


def fit_members(
    matrix: csr_matrix, spam: NDArray[np.bool_], weight: NDArray[np.float64], recipe: Recipe
) -> Members:
    """Fit both members.

    The second member is the mean of two linear SVMs over columns divided by the square root of
    their number: one weighted by log-count ratios, the other by rarity, which does not depend on
    the labels. They make different errors, and scoring with the mean costs nothing extra.

    Args:
        matrix: ones, shape (rows, columns).
        spam: labels, shape (rows,); both labels must occur.
        weight: weight of each row, shape (rows,).
        recipe: smoothing, lift and penalties.
    """
    import numpy as np

    columns = matrix.shape[1]
    used, matrix = _occurring(matrix)
    lifts = _lifts(matrix.shape[0], used, recipe)
    ratios = column_ratios(matrix, spam, weight, recipe.smoothing) * lifts
    both = np.zeros((2, columns), dtype=np.float32)
    logistic, bias = fit_logistic(matrix, ratios, spam, weight, recipe.logistic_c)
    both[0, used] = logistic * ratios
    roots = np.sqrt(np.maximum(np.diff(matrix.indptr), 1)).astype(np.float32)
    halves = ((ratios, recipe.svm_c), (rarities(matrix, weight) * lifts, recipe.rarity_c))
    indices, ends = matrix.indices, matrix.indptr
    del matrix  # LIBLINEAR copies its rows, which needs the most memory of all
    weights, biases = [], []
    for scale, c in halves:
        rows = _scaled(indices, ends, scale, 1 / roots)
        found, intercept = fit_svm(rows, spam, weight, c, recipe.seed)
        del rows
        weights.append(found * scale)
        biases.append(intercept)
    both[1, used] = (weights[0] + weights[1]) / 2
    return Members(both, (bias, (biases[0] + biases[1]) / 2))


def _occurring(matrix: csr_matrix) -> tuple[NDArray[np.int32], csr_matrix]:
    """Return the columns that occur, sorted, and the matrix reduced to them.

    A few thousand comments use a tenth of all columns or less; the others have no weight, but each
    step of a fit would go through them.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    present = np.zeros(matrix.shape[1], dtype=bool)
    present[matrix.indices] = True
    used = np.flatnonzero(present).astype(np.int32)
    place = np.zeros(matrix.shape[1], dtype=np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    shape = (matrix.shape[0], len(used))
    return used, csr_matrix((matrix.data, place[matrix.indices], matrix.indptr), shape=shape)


def _lifts(rows: int, used: NDArray[np.int32], recipe: Recipe) -> NDArray[np.float32]:
    """Return the factor of each column; name columns count more if there are enough rows."""
    import numpy as np

    lift = recipe.word_lift ** min(rows / recipe.lift_rows, 1.0)
    return np.where(used >= names_from(recipe.bits), lift, 1.0).astype(np.float32)


def _scaled(
    indices: NDArray[np.int32],
    ends: NDArray[np.int32],
    scale: NDArray[np.float32],
    by_row: NDArray[np.float32],
) -> csr_matrix:
    """Return a matrix of ones with scaled columns and rows; it shares ``indices`` and ``ends``."""
    import numpy as np
    from scipy.sparse import csr_matrix

    data = scale[indices]
    data *= np.repeat(by_row, np.diff(ends))
    return csr_matrix((data, indices, ends), shape=(len(ends) - 1, len(scale)))
