"""The logistic regression over rows: the same result as scikit-learn's over columns."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from comment_service.spam import Example, Recipe
from comment_service.spam.features.reading import read, to_matrix
from comment_service.spam.training.fitting import column_ratios
from comment_service.spam.training.logistic import fit_logistic


@pytest.mark.parametrize("c", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("first", [0, 60, 150])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.25, 3.0)])
def test_fit_equals_scikit_learn(
    examples: list[Example], recipe: Recipe, c: float, first: int, weights: tuple[float, float]
) -> None:
    rows = examples[first:]
    matrix = to_matrix([read(row.text, recipe).columns() for row in rows], recipe.bits)
    spam = np.array([bool(row.spam) for row in rows])
    weight = np.where(np.arange(len(rows)) % 3 == 0, *weights)
    scale = column_ratios(matrix, spam, weight, recipe.smoothing)
    found, bias = fit_logistic(matrix, scale, spam, weight, c)
    known = LogisticRegression(C=c, max_iter=200)
    known.fit(matrix.multiply(scale).tocsr(), spam, sample_weight=weight)
    assert found.dtype == np.float32
    assert found == pytest.approx(known.coef_[0], abs=2e-4)
    assert bias == pytest.approx(known.intercept_[0], abs=1e-3)


def test_more_rows_than_columns_and_noise_end_at_the_minimum() -> None:
    draw = np.random.default_rng(3)
    columns = [np.flatnonzero(draw.random(16) < 0.4).astype(np.uint32) for _ in range(400)]
    matrix = to_matrix(columns, 4)
    spam = draw.random(400) < 1 / (1 + np.exp(1.5 - matrix[:, :4].sum(axis=1).A1))
    scale = draw.normal(size=16).astype(np.float32)
    found, bias = fit_logistic(matrix, scale, spam, np.ones(400), 1.0)
    known = LogisticRegression(C=1.0, tol=1e-6, max_iter=1000)
    known.fit(matrix.multiply(scale).tocsr(), spam)
    assert found == pytest.approx(known.coef_[0], abs=0.02)
    assert bias == pytest.approx(known.intercept_[0], abs=0.02)
