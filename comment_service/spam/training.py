"""Train a model from labelled comments: fit, calibrate and set thresholds on groups left out.

Every number that decides about people's comments (the join of the members, the calibration, both
thresholds) comes from cross-fitting over whole groups, never from rows the fit has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comment_service.spam.calibration import Margins, fit_join, padded
from comment_service.spam.examples import Example, ExamplesError
from comment_service.spam.features import Reading, read, to_matrix
from comment_service.spam.fitting import Members, fit_members
from comment_service.spam.folds import MADE, assign_folds, group_of
from comment_service.spam.linear import TextModel
from comment_service.spam.policy import Thresholds, choose_thresholds, probability
from comment_service.spam.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

#: Called with the name of the step, steps done and steps in all.
Progress = Callable[[str, int, int], None]

MIN_PER_LABEL = 10


@dataclass(frozen=True)
class Trained:
    """A fitted model and what was found on the way.

    ``held_out`` is the log-odds of each example by a model that saw nothing of its group, shape
    (rows,), in the order of the examples; not a number for made rows, which are never held out.
    """

    model: TextModel
    thresholds: Thresholds
    held_out: NDArray[np.float64]


@dataclass(frozen=True)
class _Rows:
    examples: Sequence[Example]
    readings: Sequence[Reading]
    matrix: csr_matrix
    spam: NDArray[np.bool_]
    weight: NDArray[np.float64]


def train(
    examples: Sequence[Example],
    recipe: Recipe | None = None,
    progress: Progress | None = None,
    reader: Callable[[str, Recipe], Reading] = read,
) -> Trained:
    """Train a model.

    Args:
        examples: labelled comments; at least ten of each label.
        recipe: the choices; the shipped ones without it.
        progress: told how far the work is.
        reader: how a text becomes columns; one that remembers saves time in repeated training.

    Raises:
        ExamplesError: a label is missing or too rare.
    """
    import numpy as np

    recipe = recipe or Recipe()
    tell = progress or (lambda step, done, total: None)
    _check(examples)
    rows = _read_rows(examples, recipe, tell, reader)
    margins = _cross_fit(rows, recipe, tell)
    join = fit_join(margins)
    tell("fitting", 0, 1)
    members = fit_members(rows.matrix, rows.spam, rows.weight, recipe)
    tell("fitting", 1, 1)
    held_out = join.log_odds(margins)[: len(examples)]
    held_out[[example.source == MADE for example in examples]] = np.nan
    model = TextModel(
        recipe=recipe,
        weights=members.weights.astype(np.float16).astype(np.float32),
        biases=members.biases,
        slopes=join.slopes,
        intercept=join.intercept,
        excess=join.excess,
    )
    return Trained(model, _thresholds(examples, held_out, recipe), held_out)


def _check(examples: Sequence[Example]) -> None:
    counts = {label: sum(e.spam is label for e in examples) for label in (True, False)}
    for label, name in ((True, "spam"), (False, "ham")):
        if counts[label] < MIN_PER_LABEL:
            raise ExamplesError(
                f"{counts[label]} comments are labelled {name}; training asks for at least"
                f" {MIN_PER_LABEL} of each label, so label or import more"
            )


def _read_rows(
    examples: Sequence[Example],
    recipe: Recipe,
    tell: Progress,
    reader: Callable[[str, Recipe], Reading],
) -> _Rows:
    import numpy as np

    readings = []
    for done, example in enumerate(examples):
        readings.append(reader(example.text, recipe))
        if done % 200 == 0:
            tell("reading", done, len(examples))
    tell("reading", len(examples), len(examples))
    return _Rows(
        examples,
        readings,
        to_matrix([reading.columns() for reading in readings], recipe.bits),
        np.array([bool(e.spam) for e in examples]),
        np.array([e.weight for e in examples], dtype=np.float64),
    )


def _cross_fit(rows: _Rows, recipe: Recipe, tell: Progress) -> Margins:
    """Return margins by models that saw nothing of a row's group; padded spam stands last."""
    import numpy as np

    folds = np.array(assign_folds(rows.examples, recipe.folds))
    whole = np.zeros((len(folds), 2))
    worst = np.zeros((len(folds), 2))
    extra: list[Margins] = []
    numbers = sorted(set(folds.tolist()) - {-1})
    for done, number in enumerate(numbers):
        tell("cross-fitting", done, len(numbers))
        out = folds == number
        members = fit_members(rows.matrix[~out], rows.spam[~out], rows.weight[~out], recipe)
        where = np.flatnonzero(out)
        whole[where] = members.margins(rows.matrix[where])
        worst[where] = _worst(
            [rows.readings[i] for i in where.tolist()], members, whole[where], recipe
        )
        extra.append(_padded_margins(rows, where, members, recipe))
    tell("cross-fitting", len(numbers), len(numbers))
    weights = np.where(folds >= 0, _calibration_weights(rows), 0.0)
    plain = Margins(whole, worst, rows.spam, weights, rows.spam & False)
    return Margins.stack([plain, *extra])


def _worst(
    readings: Sequence[Reading], members: Members, whole: NDArray[np.float64], recipe: Recipe
) -> NDArray[np.float64]:
    """Return the margins of each text's worst part; its own where it has but one."""
    worst = whole.copy()
    for row, reading in enumerate(readings):
        parts = list(reading.windows(recipe))
        if parts:
            margins = members.margins(to_matrix(parts, recipe.bits))
            worst[row] = margins[margins.sum(axis=1).argmax()]
    return worst


def _padded_margins(
    rows: _Rows, where: NDArray[np.intp], members: Members, recipe: Recipe
) -> Margins:
    """Return the margins of spam hidden between honest comments of the same fold."""
    import numpy as np

    texts = padded([rows.examples[i] for i in where.tolist()], recipe.seed)
    readings = [read(text, recipe) for text in texts]
    whole = members.margins(to_matrix([r.columns() for r in readings], recipe.bits))
    worst = _worst(readings, members, whole, recipe)
    truth = np.ones(len(texts), dtype=bool)
    return Margins(whole, worst, truth, np.ones(len(texts)), truth)


def _calibration_weights(rows: _Rows) -> NDArray[np.float64]:
    """Weigh rows so that a group counts by the root of its size: no one blog sets the scale."""
    import numpy as np

    groups = [group_of(example) for example in rows.examples]
    _, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    weights = rows.weight / np.sqrt(sizes)[index]
    return np.asarray(weights * len(groups) / weights.sum(), dtype=np.float64)


def _thresholds(
    examples: Sequence[Example], held_out: NDArray[np.float64], recipe: Recipe
) -> Thresholds:
    honest: dict[str, list[float]] = {}
    for example, log_odds in zip(examples, held_out.tolist(), strict=True):
        if not example.spam and recipe.honest_source in ("", example.source):
            honest.setdefault(group_of(example), []).append(probability(log_odds))
    return choose_thresholds(honest, recipe.held_per_1000, recipe.filed_per_1000)
