"""The line search: steps that satisfy the conditions of Wolfe, whatever the first one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from comment_service.spam.training.line_search import CURVATURE, DECREASE, step_length

Function = Callable[[float], tuple[float, float]]


def log_loss(x: float) -> tuple[float, float]:
    slope = np.exp(-np.logaddexp(0.0, x - 9.0))
    return float(np.logaddexp(0.0, 9.0 - x) + 0.01 * x * x), float(0.02 * x - slope)


FUNCTIONS: dict[str, Function] = {
    "parabola": lambda x: ((x - 3.0) ** 2, 2 * (x - 3.0)),
    "log loss": log_loss,
    "one minimum and then flat": lambda x: (-x / (x * x + 2), (x * x - 2) / (x * x + 2) ** 2),
    "many minima": lambda x: (
        float(np.sin(-3 * x) + 0.1 * x * x),
        float(-3 * np.cos(-3 * x) + 0.2 * x),
    ),
}


@pytest.mark.parametrize("first", [1e-4, 0.3, 1.0, 7.0, 1e4])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_step_decreases_enough_and_flattens(name: str, first: float) -> None:
    at = FUNCTIONS[name]
    length = step_length(at, first)
    (start, slope), (value, derivative) = at(0.0), at(length)
    assert length > 0
    assert value <= start + DECREASE * length * slope
    assert abs(derivative) <= -CURVATURE * slope


def test_a_first_step_that_is_good_enough_is_taken() -> None:
    tried: list[float] = []

    def at(x: float) -> tuple[float, float]:
        tried.append(x)
        return (x - 3.0) ** 2, 2 * (x - 3.0)

    assert step_length(at, 2.5) == 2.5
    assert tried == [0.0, 2.5]


def test_there_is_no_step_where_nothing_decreases() -> None:
    assert step_length(lambda x: (abs(x), -1.0 if x <= 0 else 1.0), 1.0) == pytest.approx(0.0)


def test_a_function_without_a_minimum_ends() -> None:
    assert step_length(lambda x: (-x, -1.0), 1.0) > 1e6
