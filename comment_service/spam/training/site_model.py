"""Learn from a site's own decisions and combine the result with the base model.

A small text model of the same kind is fitted to the decisions. Its weight relative to the base is
also learned, with a prior that leaves everything to the base while there are few decisions:

    log-odds = m0 + m1 · base + m2 · logistic + m3 · svm

The four numbers are the maximum a posteriori of a logistic regression over cross-fitted margins,
with a Gaussian prior around (0, 1, 0.1 k, k), k = n / (n + 40), n being the rarer label's count.
Folds are blocks of time, among the decisions that the active model has seen and among the new ones:
the cross-fitted score of a new decision, like the active model's, comes from a model that knows all
old ones. Only the newest 2,000 decisions are cross-fitted, which is enough for four
numbers and two thresholds.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import TYPE_CHECKING, Any, Self

from comment_service.spam.features.batch import read_all, site_columns_of_all
from comment_service.spam.features.evidence import evidence_reasons
from comment_service.spam.features.examples import Example
from comment_service.spam.features.reading import Reading, to_matrix
from comment_service.spam.features.submission import Submission
from comment_service.spam.model.linear import SitePart, TextModel
from comment_service.spam.model.policy import Thresholds
from comment_service.spam.model.scoring import base_limit
from comment_service.spam.model.thresholds import site_thresholds
from comment_service.spam.training.fitting import Members, fit_members
from comment_service.spam.training.minimum import minimum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

#: Minimum number of decisions per label for fitting a site text model.
MIN_PER_LABEL = 5
_BLOCKS = 3
#: Blocks of the old decisions while there are few. A wave of spam that fills most of a block is
#: unknown to the fit that leaves the block out; if that is most of all spam, the mix would trust
#: neither member and call everything spam that the site has not seen.
_FINE_BLOCKS, _FEW = 6, 1000
_CROSS_FITTED = 2000
#: Number of comments that are read together.
_BATCH = 100
#: Maximum share of decisions that a fit leaves out, and the decisions per label that it asks for.
_MAX_DOUBTFUL, _MIN_TO_DOUBT = 0.03, 30
#: Precision (inverse variance) of the prior of m0 … m3.
_PRIOR_PRECISION = (0.5, 4.0, 20.0, 4.0)


@dataclass(frozen=True)
class SiteModel:
    """Base and site part as one model, with its thresholds.

    ``held_out`` are cross-fitted log-odds of the newest decisions, in their order, shape (n,): each
    by a fit that left the decision out. ``set_aside`` are the places of the decisions that
    contradict the rest so clearly that the fit left them out.
    """

    model: TextModel
    thresholds: Thresholds
    held_out: NDArray[np.float64]
    set_aside: tuple[int, ...] = ()


@dataclass(frozen=True)
class Decision:
    """One decided comment, prepared for training; about 6 kB.

    ``columns`` are the distinct columns of its text, name and addresses; ``base`` is the base
    model's log-odds of the text; ``evidence`` is the log-odds of the other evidence. Both are NaN
    if the decision only serves the fit (see :func:`prepare_all`).
    """

    columns: NDArray[np.uint32]
    base: float
    evidence: float
    spam: bool
    weight: float
    created: str


def scored_places(count: int, new: int, earlier: int) -> list[range]:
    """Return the places of the decisions whose log-odds a training needs.

    These are the newest decisions, which are cross-fitted, and the last ones before the new ones,
    on which two models are compared.

    Args:
        count: number of decisions.
        new: number of newest decisions that the active model has not seen.
        earlier: number of decisions before them that the models are compared on.
    """
    seen = count - new
    return [range(max(count - _CROSS_FITTED, 0), count), range(max(seen - earlier, 0), seen)]


def prepare(base: TextModel, example: Example, reading: Reading | None = None) -> Decision:
    """Convert a labelled comment to a decision; pass ``reading`` if its text is already read."""
    return _prepare_batch(base, [example], [True], None if reading is None else [reading])[0]


def prepare_all(
    base: TextModel, examples: Sequence[Example], scored: Sequence[Container[int]] | None = None
) -> Iterator[Decision]:
    """Convert labelled comments to decisions.

    Each step is done for a batch of comments before the next step: the processor's caches then keep
    the step's code and tables, which saves a fifth of the time.

    Args:
        base: the model that scores the texts.
        examples: the labelled comments.
        scored: the places of the comments whose log-odds are needed, which take a third of the
            time; None for all.
    """
    for first in range(0, len(examples), _BATCH):
        places = range(first, min(first + _BATCH, len(examples)))
        chosen = [scored is None or any(place in some for some in scored) for place in places]
        yield from _prepare_batch(base, examples[first : first + _BATCH], chosen)


def _prepare_batch(
    base: TextModel,
    examples: Sequence[Example],
    scored: Sequence[bool],
    readings: Sequence[Reading] | None = None,
) -> list[Decision]:
    plain = base if base.site is None else replace(base, site=None)
    submissions = [Submission.of_example(example) for example in examples]
    if readings is None:
        readings = read_all([submission.tokens for submission in submissions], base.recipe)
    columns = site_columns_of_all(readings, submissions, base.recipe)
    odds = [
        plain.log_odds(reading, most=base_limit(plain.recipe, reading.tokens)) if chosen else nan
        for reading, chosen in zip(readings, scored, strict=True)
    ]
    evidence = [
        sum(reason.weight for reason in evidence_reasons(submission)) if chosen else nan
        for submission, chosen in zip(submissions, scored, strict=True)
    ]
    return [
        Decision(
            columns=columns[place],
            base=odds[place],
            evidence=evidence[place],
            spam=bool(example.spam),
            weight=example.weight,
            created=example.created,
        )
        for place, example in enumerate(examples)
    ]


@dataclass(frozen=True)
class _DecisionArrays:
    """Decisions as arrays, each of shape (decisions,), except for the sparse matrix."""

    matrix: csr_matrix
    spam: NDArray[np.bool_]
    weight: NDArray[np.float64]
    base: NDArray[np.float64]
    evidence: NDArray[np.float64]

    @classmethod
    def of(cls, decisions: Sequence[Decision], bits: int) -> Self:
        import numpy as np

        def column(name: str, kind: type) -> NDArray[Any]:
            return np.array([getattr(decision, name) for decision in decisions], dtype=kind)

        numbers = (column(name, float) for name in ("weight", "base", "evidence"))
        matrix = to_matrix([decision.columns for decision in decisions], bits)
        return cls(matrix, column("spam", bool), *numbers)

    def rows(self, chosen: NDArray[np.bool_]) -> Self:
        """Return some of the decisions."""
        return type(self)(
            self.matrix[chosen],
            self.spam[chosen],
            self.weight[chosen],
            self.base[chosen],
            self.evidence[chosen],
        )


def train_site(
    base: TextModel,
    thresholds: Thresholds,
    decisions: Sequence[Decision],
    *,
    new: int = 0,
    unlabelled: int = 0,
) -> SiteModel:
    """Fit a site model to decisions.

    Args:
        base: the model that scores what the site has not decided; its own site part is dropped.
        thresholds: the base model's thresholds.
        decisions: prepared with the same base, oldest first; may be empty, or of one label.
        new: number of newest decisions that the active model has not seen.
        unlabelled: number of published comments of the same time that nobody decided about.
    """
    import numpy as np

    older = max(len(decisions) - _CROSS_FITTED, 0)
    recent = _DecisionArrays.of(decisions[older:], base.recipe.bits)
    margins = _cross_fit(base, recent, new)
    sure = _sure(recent, margins)
    mix = _fit_mix(recent.rows(sure), margins[sure], unlabelled)
    features = np.column_stack([np.ones(len(recent.spam)), recent.base, margins])
    held_out = np.asarray(features @ np.array(mix) + recent.evidence, dtype=np.float64)
    limits = site_thresholds(
        thresholds,
        held_out[sure & ~recent.spam].tolist(),
        held_out[sure & recent.spam].tolist(),
        unlabelled,
    )
    aside = (older + np.flatnonzero(~sure)).tolist()
    del recent, margins, features  # the fit of all decisions needs the most memory
    part = _fit_part(base, _without(decisions, aside), mix)
    return SiteModel(replace(base, site=part), limits, held_out, tuple(aside))


def decision_log_odds(model: TextModel, decisions: Sequence[Decision]) -> NDArray[np.float64]:
    """Return a model's log-odds of decisions that were prepared with the same base, shape (n,)."""
    import numpy as np

    known = _DecisionArrays.of(decisions, model.recipe.bits)
    if model.site is None:
        return known.base + known.evidence
    margins = Members(model.site.weights, model.site.biases).margins(known.matrix)
    features = np.column_stack([np.ones(len(known.spam)), known.base, margins])
    return np.asarray(features @ np.array(model.site.mix) + known.evidence, dtype=np.float64)


def _rarer(spam: NDArray[np.bool_]) -> int:
    return int(min(spam.sum(), (~spam).sum()))


def _cross_fit(base: TextModel, known: _DecisionArrays, new: int) -> NDArray[np.float64]:
    """Return each decision's margins by a fit that leaves out the decision's block of time."""
    import numpy as np

    count = len(known.spam)
    margins = np.zeros((count, 2))
    if _rarer(known.spam) < MIN_PER_LABEL:
        return margins
    for out in _blocks(count, min(new, count)):
        if _rarer(known.spam[~out]) > 0:
            members = fit_members(
                known.matrix[~out], known.spam[~out], known.weight[~out], base.recipe.for_own_rows()
            )
            margins[out] = members.margins(known.matrix[out])
    return margins


def _sure(known: _DecisionArrays, margins: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return a mask that leaves out the decisions that contradict the rest most, if any do.

    People make mistakes: random wrong labels cost more than the few right ones left out with them.
    Only the site's own cross-fitted margins count, because a new kind of spam contradicts the base,
    but not its own copies.
    """
    import numpy as np

    sure = np.ones(len(known.spam), dtype=bool)
    if _rarer(known.spam) >= _MIN_TO_DOUBT:
        against = np.where(known.spam, -margins[:, 1], margins[:, 1])
        worst = np.argsort(-against, kind="stable")[: int(_MAX_DOUBTFUL * len(against))]
        sure[worst[against[worst] > 0]] = False
    return sure


def _blocks(count: int, new: int) -> Iterator[NDArray[np.bool_]]:
    """Yield masks of blocks of time: first those of the old decisions, then those of the new."""
    import numpy as np

    place = np.arange(count)
    fine = _FINE_BLOCKS if count <= _FEW else _BLOCKS
    for start, end, parts in ((0, count - new, fine), (count - new, count, _BLOCKS)):
        for number in range(parts):
            first, last = (start + (end - start) * n // parts for n in (number, number + 1))
            if last > first:
                yield (place >= first) & (place < last)


def _without(decisions: Sequence[Decision], places: Sequence[int]) -> list[Decision]:
    dropped = set(places)
    return [decision for place, decision in enumerate(decisions) if place not in dropped]


def _fit_part(
    base: TextModel, decisions: Sequence[Decision], mix: tuple[float, float, float, float]
) -> SitePart:
    import numpy as np

    spam = np.array([decision.spam for decision in decisions], dtype=bool)
    weight = np.array([decision.weight for decision in decisions], dtype=np.float64)
    if _rarer(spam) < MIN_PER_LABEL:
        nothing = np.zeros((2, 1 << base.recipe.bits), dtype=np.float32)
        return SitePart(nothing, (0.0, 0.0), mix)
    # Nothing else holds the matrix, so the fit frees it early.
    columns = [decision.columns for decision in decisions]
    members = fit_members(
        to_matrix(columns, base.recipe.bits), spam, weight, base.recipe.for_own_rows()
    )
    weights = members.weights.astype(np.float16).astype(np.float32)
    return SitePart(weights, members.biases, mix)


def _fit_mix(
    known: _DecisionArrays, margins: NDArray[np.float64], unlabelled: int
) -> tuple[float, float, float, float]:
    """Return m0 … m3, of which m1 … m3 are not negative; without decisions, the base alone.

    Where people decide about held comments only, the decisions say little about the share of spam
    among all comments: the more comments nobody decided about, the closer m0 and m1 stay to the
    base.
    """
    import numpy as np

    share = _rarer(known.spam) / (_rarer(known.spam) + 40) if len(known.spam) else 0.0
    share = share if _rarer(known.spam) >= MIN_PER_LABEL else 0.0
    prior = np.array([0.0, 1.0, 0.1 * share, share])
    if not len(known.spam):
        return (0.0, 1.0, 0.0, 0.0)
    precision = np.array(_PRIOR_PRECISION)
    precision[:2] *= 1 + unlabelled / len(known.spam)
    features = np.column_stack([np.ones(len(known.spam)), known.base, margins])
    sign = np.where(known.spam, -1.0, 1.0)

    def loss(mix: NDArray[np.float64]) -> float:
        away = mix - prior
        odds = features @ mix + known.evidence
        penalty = 0.5 * float(away @ (precision * away))
        return penalty + float(known.weight @ np.logaddexp(0.0, sign * odds))

    def derivatives(mix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        expected = np.exp(-np.logaddexp(0.0, -(features @ mix + known.evidence)))
        slope = features.T @ (known.weight * (expected - known.spam)) + precision * (mix - prior)
        curvature = known.weight * expected * (1 - expected)
        return slope, features.T @ (curvature[:, None] * features) + np.diag(precision)

    mix = minimum(loss, derivatives, prior, np.array([-np.inf, 0.0, 0.0, 0.0]))
    return (float(mix[0]), float(mix[1]), float(mix[2]), float(mix[3]))
