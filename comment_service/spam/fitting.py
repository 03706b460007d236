"""Fit the two linear members of a text model; scikit-learn does the optimising."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


def fit_members(
    matrix: csr_matrix, spam: NDArray[np.bool_], weight: NDArray[np.float64], recipe: Recipe
) -> Members:
    """Fit both members.

    Args:
        matrix: ones, shape (rows, columns).
        spam: labels, shape (rows,); both must occur.
        weight: how much each row counts, shape (rows,).
        recipe: smoothing and penalties.
    """
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    ratios = column_ratios(matrix, spam, weight, recipe.smoothing)
    # Indices are shared, and the data scaled in place for the second member: matrices are large.
    parts = (ratios[matrix.indices], matrix.indices, matrix.indptr)
    weighted = csr_matrix(parts, shape=matrix.shape)
    logistic = LogisticRegression(C=recipe.logistic_c, max_iter=60, tol=1e-3)
    _fit_quietly(logistic, weighted, spam, weight)
    roots = np.sqrt(np.maximum(np.diff(matrix.indptr), 1)).astype(np.float32)
    svm = LinearSVC(C=recipe.svm_c, random_state=recipe.seed, max_iter=2000)
    weighted.data *= np.repeat(1 / roots, np.diff(matrix.indptr))
    _fit_quietly(svm, weighted, spam, weight)
    weights = np.stack([logistic.coef_[0] * ratios, svm.coef_[0] * ratios]).astype(np.float32)
    return Members(weights, (float(logistic.intercept_[0]), float(svm.intercept_[0])))


def _fit_quietly(
    estimator: object, matrix: csr_matrix, spam: NDArray[np.bool_], weight: NDArray[np.float64]
) -> None:
    """Fit; stopping at the limit of iterations is meant, more of them change no decision."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(matrix, spam, sample_weight=weight)  # type: ignore[attr-defined]
