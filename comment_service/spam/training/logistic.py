"""Fit a penalised logistic regression whose vectors have one number per row, not per column.

A fit that begins at zero stays a combination of the rows: w = Sᵀ a. It is therefore enough to keep
a and the margins S w, both of shape (rows,). Only the two products of each step touch the columns,
of which a site has thirty times as many as rows.

The steps are those of scipy's L-BFGS-B, which scikit-learn's LogisticRegression uses: the same
memory, steps and stopping rule, so the result is the same up to rounding (Liu and Nocedal, "On the
limited memory BFGS method for large scale optimization", Mathematical Programming 45, 1989).
The stopping rule is part of the model: few rows are nearly separable, and the minimum is far away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comment_service.spam.training.line_search import step_length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Vector = NDArray[np.float64]

#: Largest component of the gradient, per row and unit of ``c``, at which a fit ends.
TOLERANCE = 1e-4
_MAX_STEPS, _MEMORY = 200, 10


def fit_logistic(
    matrix: csr_matrix,
    scale: NDArray[np.float32],
    spam: NDArray[np.bool_],
    weight: NDArray[np.float64],
    c: float,
) -> tuple[NDArray[np.float32], float]:
    """Return the coefficients of the scaled columns, shape (columns,), and the intercept.

    Args:
        matrix: ones, float32, shape (rows, columns).
        scale: factor of each column, shape (columns,).
        spam: labels, shape (rows,).
        weight: weight of each row, shape (rows,).
        c: inverse strength of the penalty; the intercept has none.
    """
    import numpy as np

    problem = _Problem(matrix, matrix.T, scale, spam, weight * c)
    limit = TOLERANCE * c * float(weight.sum())
    point = np.zeros(2 * matrix.shape[0] + 1)
    slope, largest = problem.gradient(point)
    pairs: deque[_Pair] = deque(maxlen=_MEMORY)
    for _ in range(_MAX_STEPS):
        if largest <= limit:
            break
        direction = -_towards_newton(problem, slope, pairs)
        first = 1.0 if pairs else 1.0 / np.sqrt(problem.dot(direction, direction))
        length = step_length(problem.along(point, direction), first)
        if not length:  # rounding hides any further decrease
            break
        point = point + length * direction
        before, (slope, largest) = slope, problem.gradient(point)
        pair = _Pair.of(problem, length * direction, slope - before)
        if pair.product > 0:
            pairs.append(pair)
    return problem.coefficients(point), float(point[-1])


@dataclass(frozen=True)
class _Problem:
    """The loss of a model; a vector is a (one number per row), then S w, then the intercept."""

    matrix: csr_matrix
    transposed: csr_matrix
    scale: NDArray[np.float32]
    spam: NDArray[np.bool_]
    cost: NDArray[np.float64]

    def dot(self, one: Vector, other: Vector) -> float:
        """Return the product of two vectors as vectors of columns and intercept."""
        rows = len(self.spam)
        return float(one[:rows] @ other[rows:-1] + one[-1] * other[-1])

    def gradient(self, point: Vector) -> tuple[Vector, float]:
        """Return the gradient, and its largest component by absolute value."""
        import numpy as np

        rows = len(self.spam)
        slopes = self._slopes(point[rows:-1] + point[-1])
        per_row, intercept = point[:rows] + slopes, slopes.sum()
        by_column = self.coefficients(per_row)
        largest = max(float(np.abs(by_column).max(initial=0.0)), abs(float(intercept)))
        margins = self.matrix @ (by_column * self.scale)
        return np.concatenate([per_row, margins, [intercept]]), largest

    def coefficients(self, vector: Vector) -> NDArray[np.float32]:
        """Return a vector's components by column, without the intercept."""
        import numpy as np

        per_row = vector[: len(self.spam)].astype(np.float32)
        return np.asarray(self.scale * (self.transposed @ per_row), dtype=np.float32)

    def along(self, point: Vector, direction: Vector) -> Callable[[float], tuple[float, float]]:
        """Return the loss and its derivative as a function of the step along a direction."""
        import numpy as np

        rows = len(self.spam)
        margins, change = (v[rows:-1] + v[-1] for v in (point, direction))
        constant, linear, square = (
            float(a[:rows] @ b[rows:-1])
            for a, b in ((point, point), (point, direction), (direction, direction))
        )
        sign = np.where(self.spam, -1.0, 1.0)

        def at(length: float) -> tuple[float, float]:
            odds = margins + length * change
            penalty = 0.5 * constant + length * (linear + 0.5 * length * square)
            loss = float(self.cost @ np.logaddexp(0.0, sign * odds))
            return penalty + loss, linear + length * square + float(self._slopes(odds) @ change)

        return at

    def _slopes(self, odds: Vector) -> Vector:
        """Return the derivative of the loss with respect to each row's log-odds."""
        import numpy as np

        expected = np.exp(-np.logaddexp(0.0, -odds))
        return np.asarray(self.cost * (expected - self.spam), dtype=np.float64)


@dataclass(frozen=True)
class _Pair:
    """A step, the change of the gradient with it, their product, and the change's with itself."""

    step: Vector
    change: Vector
    product: float
    square: float

    @classmethod
    def of(cls, problem: _Problem, step: Vector, change: Vector) -> _Pair:
        return cls(step, change, problem.dot(step, change), problem.dot(change, change))


def _towards_newton(problem: _Problem, slope: Vector, pairs: deque[_Pair]) -> Vector:
    """Return the gradient times the inverse Hessian, estimated from the last steps."""
    result, shares = slope, []
    for pair in reversed(pairs):
        shares.append(problem.dot(pair.step, result) / pair.product)
        result = result - shares[-1] * pair.change
    if pairs:
        result = result * (pairs[-1].product / pairs[-1].square)
    for pair, share in zip(pairs, reversed(shares), strict=True):
        result = result + (share - problem.dot(pair.change, result) / pair.product) * pair.step
    return result
