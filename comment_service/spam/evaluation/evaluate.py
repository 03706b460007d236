"""Score a labelled file with a model and report its quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comment_service.spam.features.examples import Example, ExamplesError
from comment_service.spam.model.classifier import Classifier, Score
from comment_service.spam.model.metrics import Figures, figures, intervals
from comment_service.spam.model.policy import Thresholds
from comment_service.spam.training.duplicates import clusters, first_of_clusters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Report:
    """Figures of one model on one set of comments.

    ``overall`` covers all rows, ``deduplicated`` the first of each cluster of near-duplicates;
    ``intervals`` are the 95 % intervals of ``overall``. Times are in milliseconds per comment.
    """

    model: str
    overall: Figures
    deduplicated: Figures
    intervals: dict[str, tuple[float, float]]
    median_ms: float
    p99_ms: float

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-serialisable values."""
        return {
            "model": self.model,
            "all": self.overall,
            "without_near_duplicates": self.deduplicated,
            "intervals_95": {name: list(ends) for name, ends in self.intervals.items()},
            "milliseconds": {"median": self.median_ms, "p99": self.p99_ms},
        }


def score_example(classifier: Classifier, example: Example) -> Score:
    """Score an example with all its fields."""
    return classifier.score(
        example.text,
        author=example.author,
        email=example.email,
        url=example.url,
        page_title=example.page_title,
        page_text=example.page_text,
        lang=example.lang,
    )


def score_examples(
    classifier: Classifier, examples: Sequence[Example], progress: Progress
) -> list[Score]:
    """Return the score of each example, in order."""
    classifier.warm()
    scores = []
    for done, example in enumerate(examples):
        scores.append(score_example(classifier, example))
        if done % 100 == 0:
            progress("scoring", done, len(examples))
    progress("scoring", len(examples), len(examples))
    return scores


def evaluate(
    examples: Sequence[Example],
    classifier: Classifier,
    *,
    rounds: int = 200,
    progress: Progress | None = None,
) -> Report:
    """Score every example and return the report.

    Args:
        examples: labelled comments.
        classifier: the model to evaluate.
        rounds: number of bootstrap rounds for the intervals.
        progress: called with the name of the step, steps done and steps in total.

    Raises:
        ExamplesError: there is nothing to score.
        ArtifactError: the model cannot be read.
    """
    import numpy as np

    if not examples:
        raise ExamplesError("there are no comments to evaluate; give a file with rows in it")
    report_progress = progress or (lambda step, done, total: None)
    scores = score_examples(classifier, examples, report_progress)
    times = np.array([score.milliseconds for score in scores])
    overall, deduplicated, ends = measure(
        examples,
        np.array([score.probability for score in scores]),
        Thresholds(classifier.hold_at, classifier.spam_at),
        rounds=rounds,
        progress=report_progress,
    )
    median, p99 = np.percentile(times, [50, 99]).tolist()
    return Report(classifier.model_id, overall, deduplicated, ends, round(median, 3), round(p99, 3))


def measure(
    examples: Sequence[Example],
    probability: NDArray[np.float64],
    thresholds: Thresholds,
    *,
    rounds: int = 200,
    progress: Progress | None = None,
) -> tuple[Figures, Figures, dict[str, tuple[float, float]]]:
    """Return figures over all rows, figures without near-duplicates, and intervals."""
    import numpy as np

    report_progress = progress or (lambda step, done, total: None)
    spam = np.array([bool(example.spam) for example in examples])
    first = np.array(first_of_clusters(clusters([example.text for example in examples])))
    ends = intervals(
        spam,
        probability,
        thresholds,
        rounds=rounds,
        progress=lambda done, total: report_progress("bootstrap", done, total),
    )
    every = figures(spam, probability, thresholds)
    return every, figures(spam[first], probability[first], thresholds), ends
