"""Train a model from labelled comments: fit, calibrate and set thresholds on held-out groups.

Every number that decides about comments (the combination of the members, the calibration, both
thresholds) comes from cross-fitting over whole groups, never from rows used for the fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comment_service.spam.features.examples import Example, ExamplesError
from comment_service.spam.features.reading import Reading, read, to_matrix
from comment_service.spam.features.recipe import Recipe
from comment_service.spam.model.linear import TextModel
from comment_service.spam.model.policy import Thresholds, choose_thresholds, probability
from comment_service.spam.training.calibration import Margins, fit_join, padded
from comment_service.spam.training.fitting import Members, fit_members
from comment_service.spam.training.folds import SYNTHETIC, assign_folds, group_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

#: Called with the name of the step, steps done and steps in total.
Progress = Callable[[str, int, int], None]

MIN_PER_LABEL = 10


@dataclass(frozen=True)
class TrainingResult:
    """A fitted model, its thresholds and its held-out scores.

    ``held_out`` is the log-odds of each example by a model that was not trained on its group, shape
    (rows,), in the order of the examples; NaN for synthetic rows, which are never held out.
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
) -> TrainingResult:
    """Train a model.

    Args:
        examples: labelled comments; at least ten of each label.
        recipe: the training settings; defaults to those of the shipped model.
        progress: called with the name of the step, steps done and steps in total.
        reader: converts a text to columns; pass a caching one to save time in repeated training.

    Raises:
        ExamplesError: a label is missing or too rare.
    """
    import numpy as np

    recipe = recipe or Recipe()
    report_progress = progress or (lambda step, done, total: None)
    _check(examples)
    rows = _read_rows(examples, recipe, report_progress, reader)
    margins = _cross_fit(rows, recipe, report_progress)
    join = fit_join(margins)
    report_progress("fitting", 0, 1)
    members = fit_members(rows.matrix, rows.spam, rows.weight, recipe)
    report_progress("fitting", 1, 1)
    held_out = join.log_odds(margins)[: len(examples)]
    held_out[[example.source == SYNTHETIC for example in examples]] = np.nan
    model = TextModel(
        recipe=recipe,
        weights=members.weights.astype(np.float16).astype(np.float32),
        biases=members.biases,
        slopes=join.slopes,
        intercept=join.intercept,
        excess=join.excess,
    )
    return TrainingResult(model, _thresholds(examples, held_out, recipe), held_out)


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
    report_progress: Progress,
    reader: Callable[[str, Recipe], Reading],
) -> _Rows:
    import numpy as np

    readings = []
    for done, example in enumerate(examples):
        readings.append(reader(example.text, recipe))
        if done % 200 == 0:
            report_progress("reading", done, len(examples))
    report_progress("reading", len(examples), len(examples))
    return _Rows(
        examples,
        readings,
        to_matrix([reading.columns() for reading in readings], recipe.bits),
        np.array([bool(e.spam) for e in examples]),
        np.array([e.weight for e in examples], dtype=np.float64),
    )


def _cross_fit(rows: _Rows, recipe: Recipe, report_progress: Progress) -> Margins:
    """Return margins by models not trained on a row's group; rows of padded spam come last."""
    import numpy as np

    folds = np.array(assign_folds(rows.examples, recipe.folds))
    whole = np.zeros((len(folds), 2))
    worst = np.zeros((len(folds), 2))
    extra: list[Margins] = []
    numbers = sorted(set(folds.tolist()) - {-1})
    for done, number in enumerate(numbers):
        report_progress("cross-fitting", done, len(numbers))
        out = folds == number
        members = fit_members(rows.matrix[~out], rows.spam[~out], rows.weight[~out], recipe)
        where = np.flatnonzero(out)
        whole[where] = members.margins(rows.matrix[where])
        worst[where] = _worst(
            [rows.readings[i] for i in where.tolist()], members, whole[where], recipe
        )
        extra.append(_padded_margins(rows, where, members, recipe))
    report_progress("cross-fitting", len(numbers), len(numbers))
    weights = np.where(folds >= 0, _calibration_weights(rows), 0.0)
    plain = Margins(whole, worst, rows.spam, weights, rows.spam & False)
    return Margins.stack([plain, *extra])


def _worst(
    readings: Sequence[Reading], members: Members, whole: NDArray[np.float64], recipe: Recipe
) -> NDArray[np.float64]:
    """Return the margins of each text's worst part; those of the whole text if it has no parts."""
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
    """Return the margins of spam placed between honest comments of the same fold."""
    import numpy as np

    texts = padded([rows.examples[i] for i in where.tolist()], recipe.seed)
    readings = [read(text, recipe) for text in texts]
    whole = members.margins(to_matrix([r.columns() for r in readings], recipe.bits))
    worst = _worst(readings, members, whole, recipe)
    truth = np.ones(len(texts), dtype=bool)
    return Margins(whole, worst, truth, np.ones(len(texts)), truth)


def _calibration_weights(rows: _Rows) -> NDArray[np.float64]:
    """Weight each group by the square root of its size, so that no single blog dominates."""
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
