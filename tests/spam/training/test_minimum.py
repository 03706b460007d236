"""The minimum of a function with lower bounds: the same as SciPy's, or a smaller one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from comment_service.spam.training.minimum import minimum

LOWEST = np.array([-np.inf, 0.0, 0.0, 0.0])
PRIOR, PRECISION = np.array([0.0, 1.0, 0.08, 0.8]), np.array([0.5, 4.0, 20.0, 4.0])


class LogLoss:
    """A penalised log loss over four features, some of which speak against their labels."""

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        rows = int(draw.integers(10, 400))
        self.spam = draw.random(rows) < 0.4
        pull = (2 * self.spam - 1)[:, None] * draw.normal(size=3)
        noise = draw.normal(size=(rows, 3)) * [3.0, 4.0, 1.0]
        self.features = np.column_stack([np.ones(rows), pull + noise])

    def value(self, at: NDArray[np.float64]) -> float:
        sign = np.where(self.spam, -1.0, 1.0)
        penalty = 0.5 * (at - PRIOR) @ (PRECISION * (at - PRIOR))
        return float(np.logaddexp(0.0, sign * (self.features @ at)).sum() + penalty)

    def derivatives(
        self, at: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        expected = 1 / (1 + np.exp(-(self.features @ at)))
        slope = self.features.T @ (expected - self.spam) + PRECISION * (at - PRIOR)
        curvature = (expected * (1 - expected))[:, None] * self.features
        return slope, self.features.T @ curvature + np.diag(PRECISION)


@pytest.mark.parametrize("seed", range(30))
def test_minimum_is_that_of_scipy(seed: int) -> None:
    loss = LogLoss(seed)
    found = minimum(loss.value, loss.derivatives, PRIOR, LOWEST)
    known = minimize(
        lambda at: (loss.value(at), loss.derivatives(at)[0]),
        PRIOR,
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *[(0.0, None)] * 3],
        options={"ftol": 1e-15, "gtol": 1e-9},
    ).x
    assert found == pytest.approx(known, abs=1e-6)


def test_some_minima_lie_on_a_bound() -> None:
    losses = [LogLoss(seed) for seed in range(30)]
    found = [minimum(loss.value, loss.derivatives, PRIOR, LOWEST) for loss in losses]
    assert sum(bool((place[1:] == 0.0).any()) for place in found) >= 5


def test_the_start_may_be_the_minimum() -> None:
    found = minimum(
        lambda at: float(at @ at), lambda at: (2 * at, 2 * np.eye(4)), np.zeros(4), LOWEST
    )
    assert found.tolist() == [0.0] * 4
