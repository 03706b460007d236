"""Compare two models on the same labelled comments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from comment_service.spam.evaluation.evaluate import score_example
from comment_service.spam.features.examples import Example, ExamplesError
from comment_service.spam.model.classifier import Classifier
from comment_service.spam.model.metrics import Figures, figures
from comment_service.spam.model.policy import Thresholds


@dataclass(frozen=True)
class Flip:
    """A comment on which the models disagree: row number from 1, text, label, both verdicts."""

    row: int
    text: str
    spam: bool
    first: str
    second: str


@dataclass(frozen=True)
class ModelComparison:
    """Figures of two models on the same rows, and the rows with different verdicts, in order."""

    models: tuple[str, str]
    figures: tuple[Figures, Figures]
    flips: tuple[Flip, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON-serialisable values."""
        return {
            "models": list(self.models),
            "figures": list(self.figures),
            "flips": [vars(flip) for flip in self.flips],
        }


def compare_models(
    examples: Sequence[Example],
    first: Classifier,
    second: Classifier,
    progress: Callable[[str, int, int], None] | None = None,
) -> ModelComparison:
    """Score every example with both models.

    Raises:
        ExamplesError: there is nothing to score.
        ArtifactError: a model cannot be read.
    """
    import numpy as np

    if not examples:
        raise ExamplesError("there are no comments to compare on; give a file with rows in it")
    report_progress = progress or (lambda step, done, total: None)
    values: list[tuple[float, float]] = []
    for done, example in enumerate(examples):
        one, other = (score_example(model, example).probability for model in (first, second))
        values.append((one, other))
        if done % 100 == 0:
            report_progress("scoring", done, len(examples))
    report_progress("scoring", len(examples), len(examples))
    spam = np.array([bool(example.spam) for example in examples])
    both = np.array(values)
    limits = [Thresholds(model.hold_at, model.spam_at) for model in (first, second)]
    flips = []
    for row, (example, pair) in enumerate(zip(examples, values, strict=True), 1):
        before, after = (t.verdict(p) for t, p in zip(limits, pair, strict=True))
        if before != after:
            flips.append(Flip(row, example.text, bool(example.spam), before, after))
    return ModelComparison(
        (first.model_id, second.model_id),
        (figures(spam, both[:, 0], limits[0]), figures(spam, both[:, 1], limits[1])),
        tuple(flips),
    )
