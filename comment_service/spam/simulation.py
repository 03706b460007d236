"""The product's own loop replayed over a labelled file: score first, learn later.

Every comment is scored by what the filter knew before its label; then the review policy says
whether a person would have looked, and only what was looked at is learned from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from comment_service.spam.context import circumstance_reasons
from comment_service.spam.evidence import evidence_reasons
from comment_service.spam.examples import Example, ExamplesError
from comment_service.spam.features import read_tokens
from comment_service.spam.figures import figures
from comment_service.spam.linear import TextModel
from comment_service.spam.policy import Thresholds
from comment_service.spam.replay_context import PUBLISHED, SPAM, Memory
from comment_service.spam.scoring import score
from comment_service.spam.site_model import prepare, train_site
from comment_service.spam.stream_sample import DecisionSample
from comment_service.spam.submission import Submission

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RETRAIN = re.compile(r"daily|every:([1-9]\d*)")
_REVIEW = re.compile(r"all|uncertain|p:(0?\.\d+|0|1)\+(\d+)%")


@dataclass(frozen=True)
class Loop:
    """How often the filter is retrained and what a person looks at.

    Attributes:
        retrain: ``daily`` or ``every:N`` labels.
        review: ``all``; ``uncertain`` (what is held); ``p:0.1+10%`` (from that probability on, and
            a random share of the rest).
        seed: of the random share.
    """

    retrain: str = "daily"
    review: str = "all"
    seed: int = 1

    def __post_init__(self) -> None:
        if not _RETRAIN.fullmatch(self.retrain):
            raise ExamplesError(f"retrain {self.retrain!r} is unknown; write daily or every:100")
        if not _REVIEW.fullmatch(self.review):
            raise ExamplesError(
                f"review {self.review!r} is unknown; write all, uncertain or p:0.1+10%"
            )

    @property
    def every(self) -> int:
        """Labels after which the filter is retrained; 0 where it is retrained daily."""
        match = _RETRAIN.fullmatch(self.retrain)
        return int(match[1] or 0) if match else 0

    def looks(self, value: float, thresholds: Thresholds, draw: Random) -> bool:
        """Tell whether a person looks at a comment of this probability."""
        if self.review == "all":
            return True
        if self.review == "uncertain":
            return thresholds.verdict(value) == "hold"
        match = _REVIEW.fullmatch(self.review)
        floor, share = (float(match[1]), int(match[2])) if match else (0.0, 0)
        return value >= floor or draw.random() * 100 < share


@dataclass
class Run:
    """What happened: probability and verdict of each comment in order, labels, retrainings."""

    probabilities: list[float] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    labels: int = 0
    retrainings: int = 0
    slowest_retraining_s: float = 0.0


def simulate(
    examples: Sequence[Example],
    base: TextModel,
    thresholds: Thresholds,
    loop: Loop,
    progress: Callable[[str, int, int], None] | None = None,
) -> Run:
    """Replay the loop over examples in the order of their dates (given order where none).

    Args:
        examples: labelled comments of one site.
        base: the model on day one.
        thresholds: the base's.
        loop: retraining and review.
        progress: told how far the replay is.
    """
    tell = progress or (lambda step, done, total: None)
    ordered = sorted(examples, key=lambda example: example.created)
    site = _Site(base, thresholds, loop)
    for done, example in enumerate(ordered):
        site.meet(example)
        if done % 50 == 0:
            tell("replaying", done, len(ordered))
    tell("replaying", len(ordered), len(ordered))
    return site.run


class _Site:
    """One site on its way through the replay: its filter, its memory, what was decided."""

    def __init__(self, base: TextModel, thresholds: Thresholds, loop: Loop) -> None:
        self.run = Run()
        self._base, self._loop = base, loop
        self._first = self._limits = thresholds
        self._model = base
        self._draw = Random(loop.seed)  # noqa: S311 - no secret is drawn
        self._sample, self._memory = DecisionSample(seed=loop.seed), Memory()
        self._since, self._day = 0, ""

    def meet(self, example: Example) -> None:
        """Score a comment, let the review policy look at it, learn what was decided."""
        if self._since and _is_due(self._loop, self._since, self._day, example.created[:10]):
            self._retrain()
        self._day = example.created[:10]
        submission = Submission.of_example(example)
        reading = read_tokens(submission.tokens, self._base.recipe)
        known = self._memory.known(example, submission)
        beside = [*evidence_reasons(submission), *circumstance_reasons(submission, known)]
        value = score(self._model, submission, reading, beside)
        verdict = self._limits.verdict(value)
        self.run.probabilities.append(value)
        self.run.verdicts.append(verdict)
        looked = self._loop.looks(value, self._limits, self._draw)
        if looked:
            self._sample.add(prepare(self._base, example, reading))
            self._since += 1
            self.run.labels += 1
        if status := _outcome(example, verdict, looked=looked):
            self._memory.add(example, submission, status)

    def _retrain(self) -> None:
        began = perf_counter()
        trained = train_site(self._base, self._first, self._sample.decisions())
        self._model, self._limits, self._since = trained.model, trained.thresholds, 0
        self.run.retrainings += 1
        spent = perf_counter() - began
        self.run.slowest_retraining_s = max(self.run.slowest_retraining_s, spent)


def _outcome(example: Example, verdict: str, *, looked: bool) -> str:
    """Return what a comment came to: as decided, else as the filter left it; "" where it waits."""
    if looked:
        return SPAM if example.spam else PUBLISHED
    return {"publish": PUBLISHED, "spam": SPAM}.get(verdict, "")


def _is_due(loop: Loop, since: int, day: str, today: str) -> bool:
    return since >= loop.every if loop.every else today != day


def report(examples: Sequence[Example], run: Run, thresholds: Thresholds) -> dict[str, Any]:
    """Return figures of a run: over everything, and over each quarter of the stream."""
    import numpy as np

    ordered = sorted(examples, key=lambda example: example.created)
    spam = np.array([bool(example.spam) for example in ordered])
    values = np.array(run.probabilities)
    bounds = [len(ordered) * part // 4 for part in range(5)]
    quarters = [
        _stretch(spam[a:b], values[a:b], run.verdicts[a:b], thresholds)
        for a, b in pairwise(bounds)
        if b > a
    ]
    return {
        "all": _stretch(spam, values, run.verdicts, thresholds),
        "quarters": quarters,
        "labels": run.labels,
        "retrainings": run.retrainings,
        "slowest_retraining_s": round(run.slowest_retraining_s, 3),
    }


def _stretch(
    spam: NDArray[Any], values: NDArray[Any], verdicts: Sequence[str], thresholds: Thresholds
) -> dict[str, float | None]:
    """Return figures of a stretch; held and filed as the loop decided then, not by today's."""
    import numpy as np

    found = figures(spam, values, thresholds)
    held, filed = (
        np.array([v in kinds for v in verdicts]) for kinds in (("hold", "spam"), ("spam",))
    )
    for name, flags, rows in (
        ("ham_held", held, ~spam),
        ("ham_filed", filed, ~spam),
        ("spam_stopped", held, spam),
        ("spam_filed", filed, spam),
    ):
        found[name] = float(flags[rows].mean()) if rows.any() else None
    return found
