"""Score a labelled file with a model and say how good it is, in figures and in rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comment_service.spam.classifier import Classifier, Score
from comment_service.spam.duplicates import clusters, first_of_clusters
from comment_service.spam.examples import Example, ExamplesError
from comment_service.spam.figures import Figures, figures, intervals
from comment_service.spam.policy import Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Report:
    """Figures of one model on one set of comments.

    ``every`` over all rows, ``once`` over the first of each cluster of near-duplicates, both with
    95 % intervals of ``every``; times in milliseconds per comment.
    """

    model: str
    every: Figures
    once: Figures
    intervals: dict[str, tuple[float, float]]
    median_ms: float
    p99_ms: float

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {
            "model": self.model,
            "all": self.every,
            "without_near_duplicates": self.once,
            "intervals_95": {name: list(ends) for name, ends in self.intervals.items()},
            "milliseconds": {"median": self.median_ms, "p99": self.p99_ms},
        }


def score_example(classifier: Classifier, example: Example) -> Score:
    """Score an example with all that is known of it."""
    return classifier.score(
        example.text,
        author=example.author,
        email=example.email,
        url=example.url,
        page_title=example.page_title,
        page_text=example.page_text,
        lang=example.lang,
    )


def evaluate(
    examples: Sequence[Example],
    classifier: Classifier,
    *,
    rounds: int = 200,
    progress: Tell | None = None,
) -> Report:
    """Score every example and return the report.

    Raises:
        ExamplesError: there is nothing to score.
        ArtifactError: the model cannot be read.
    """
    import numpy as np

    if not examples:
        raise ExamplesError("there are no comments to evaluate; give a file with rows in it")
    tell = progress or (lambda step, done, total: None)
    classifier.warm()
    scores = []
    for done, example in enumerate(examples):
        scores.append(score_example(classifier, example))
        if done % 100 == 0:
            tell("scoring", done, len(examples))
    tell("scoring", len(examples), len(examples))
    times = np.array([score.milliseconds for score in scores])
    every, once, ends = measure(
        examples,
        np.array([score.probability for score in scores]),
        Thresholds(classifier.hold_at, classifier.spam_at),
        rounds=rounds,
        progress=tell,
    )
    median, p99 = np.percentile(times, [50, 99]).tolist()
    return Report(classifier.model_id, every, once, ends, round(median, 3), round(p99, 3))


def measure(
    examples: Sequence[Example],
    probability: NDArray[np.float64],
    thresholds: Thresholds,
    *,
    rounds: int = 200,
    progress: Tell | None = None,
) -> tuple[Figures, Figures, dict[str, tuple[float, float]]]:
    """Return figures over all rows, over near-duplicates once, and intervals of the former."""
    import numpy as np

    tell = progress or (lambda step, done, total: None)
    spam = np.array([bool(example.spam) for example in examples])
    first = np.array(first_of_clusters(clusters([example.text for example in examples])))
    ends = intervals(
        spam,
        probability,
        thresholds,
        rounds=rounds,
        progress=lambda done, total: tell("bootstrap", done, total),
    )
    every = figures(spam, probability, thresholds)
    return every, figures(spam[first], probability[first], thresholds), ends
