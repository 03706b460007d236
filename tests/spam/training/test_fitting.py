"""Fitting: rare columns, lifted columns, and the combination of the members."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from comment_service.spam import Example, Recipe
from comment_service.spam.features.hashing import names_from
from comment_service.spam.features.reading import read, to_matrix
from comment_service.spam.training.calibration import Margins, fit_join
from comment_service.spam.training.fitting import fit_members, rarities
from comment_service.spam.training.folds import assign_folds


def test_rare_columns_weigh_more_and_unseen_columns_zero() -> None:
    columns = [np.array(found, dtype=np.uint32) for found in ([0, 1], [0], [0])]
    found = rarities(to_matrix(columns, 2), np.ones(3))
    assert found[1] > found[0] == pytest.approx(1.0)
    assert found[2] == found[3] == 0.0


def test_words_are_lifted_the_more_rows_there_are(examples: list[Example], recipe: Recipe) -> None:
    matrix = to_matrix([read(e.text, recipe).columns() for e in examples], recipe.bits)
    spam = np.array([bool(e.spam) for e in examples])
    start = names_from(recipe.bits)
    shares = []
    for rows in (10**9, len(examples)):
        chosen = replace(recipe, word_lift=3.0, lift_rows=rows)
        weights = np.abs(fit_members(matrix, spam, np.ones(len(spam)), chosen).weights[1])
        shares.append(weights[start:].sum() / weights.sum())
    assert shares[1] > 1.2 * shares[0]


def test_join_is_independent_of_margin_scale() -> None:
    draw = np.random.default_rng(1)
    spam = np.arange(200) % 2 == 0
    signal = np.where(spam, 1.0, -1.0)
    margins = np.stack([signal + draw.normal(size=200), signal + draw.normal(size=200)], axis=1)
    plain = np.zeros(200, dtype=bool)
    one = fit_join(Margins(margins, margins, spam, np.ones(200), plain))
    wide = margins * [50.0, 1.0]
    two = fit_join(Margins(wide, wide, spam, np.ones(200), plain))
    assert two.flat(wide) == pytest.approx(one.flat(margins), abs=1e-3)
    assert one.slopes[0] == pytest.approx(one.slopes[1], rel=0.2)


def test_uninformative_members_never_get_negative_slopes() -> None:
    spam = np.arange(100) % 2 == 0
    against = np.where(spam, -1.0, 1.0)[:, None] * [1.0, 1.0]
    join = fit_join(Margins(against, against, spam, np.ones(100), np.zeros(100, dtype=bool)))
    assert join.slopes == (0.0, 0.0)


def test_near_duplicates_are_held_out_together() -> None:
    base = "earn five hundred dollars a day from home and ask me how on the site number"
    rows = [Example(text=f"{base} {n}", spam=True) for n in range(30)]
    rows += [Example(text=f"{n * 7919} birds by lake {n * 104729}", spam=False) for n in range(30)]
    assert len(set(assign_folds(rows, 5)[:30])) == 1
    assert len(set(assign_folds(rows, 5)[30:])) > 1
