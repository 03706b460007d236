"""Compare two models on the same labelled comments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from comment_service.spam.evaluation.evaluate import score_examples
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
    values = [
        [score.probability for score in score_examples(model, examples, report_progress)]
        for model in (first, second)
    ]
    spam = np.array([bool(example.spam) for example in examples])
    limits = [Thresholds(model.hold_at, model.spam_at) for model in (first, second)]
    verdicts = [
        [limit.verdict(p) for p in found] for limit, found in zip(limits, values, strict=True)
    ]
    flips = [
        Flip(row, example.text, bool(example.spam), before, after)
        for row, (example, before, after) in enumerate(zip(examples, *verdicts, strict=True), 1)
        if before != after
    ]
    one, other = (
        figures(spam, np.array(found), limit) for found, limit in zip(values, limits, strict=True)
    )
    return ModelComparison((first.model_id, second.model_id), (one, other), tuple(flips))
