"""Replay a labelled file as a site would experience it: score first, learn later.

Each comment is scored before its label is known. The review policy then decides whether a
moderator reviews it; the filter learns from reviewed comments only. As in a running service, a
trained model goes live only if the promotion gate allows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from comment_service.spam.evaluation.replay_context import PUBLISHED, SPAM, ReplayContext
from comment_service.spam.features.context import context_reasons
from comment_service.spam.features.evidence import evidence_reasons
from comment_service.spam.features.examples import Example, ExamplesError
from comment_service.spam.features.reading import read_tokens
from comment_service.spam.features.submission import Submission
from comment_service.spam.model.linear import TextModel
from comment_service.spam.model.metrics import figures
from comment_service.spam.model.policy import Thresholds
from comment_service.spam.model.scoring import score
from comment_service.spam.training.candidate import Champion, train_candidate
from comment_service.spam.training.site_model import prepare
from comment_service.spam.training.stream_sample import DecisionSample

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RETRAIN = re.compile(r"service|daily|every:([1-9]\d*)")
#: As the settings ``COMMENTS_RETRAIN_LABELS`` and ``COMMENTS_RETRAIN_LEAST``.
_SERVICE_LABELS, _SERVICE_LEAST = 25, 5
_REVIEW = re.compile(r"all|uncertain|p:(0?\.\d+|0|1)\+(\d\d?|100)%")


@dataclass(frozen=True)
class ReplayPolicy:
    """How often the filter is retrained and which comments a moderator reviews.

    Attributes:
        retrain: ``service`` (as a service by default: after 25 labels, and daily after 5),
            ``daily`` or ``every:N`` labels.
        review: ``all``; ``uncertain`` (held comments); ``p:0.1+10%`` (comments from that
            probability on, and a random share of the rest).
        gate: whether a trained model must pass the promotion gate.
        seed: random seed of that share.
    """

    retrain: str = "service"
    review: str = "all"
    gate: bool = True
    seed: int = 1

    def __post_init__(self) -> None:
        if not _RETRAIN.fullmatch(self.retrain):
            raise ExamplesError(
                f"retrain {self.retrain!r} is unknown; write service, daily or every:100"
            )
        if not _REVIEW.fullmatch(self.review):
            raise ExamplesError(
                f"review {self.review!r} is unknown; write all, uncertain or p:0.1+10%"
            )

    def is_due(self, since: int, day: str, today: str) -> bool:
        """Return True if a training is due.

        Args:
            since: number of labels since the last training.
            day: date of the last comment.
            today: date of this one.
        """
        match = _RETRAIN.fullmatch(self.retrain)
        if match and match[1]:
            return since >= int(match[1])
        if self.retrain == "daily":
            return since > 0 and today != day
        return since >= _SERVICE_LABELS or (since >= _SERVICE_LEAST and today != day)

    def is_reviewed(self, value: float, thresholds: Thresholds, draw: Random) -> bool:
        """Return True if a moderator reviews a comment with this probability."""
        if self.review == "all":
            return True
        if self.review == "uncertain":
            return thresholds.verdict(value) == "hold"
        match = _REVIEW.fullmatch(self.review)
        floor, share = (float(match[1]), int(match[2])) if match else (0.0, 0)
        return value >= floor or draw.random() * 100 < share


@dataclass
class ReplayResult:
    """Result of a replay.

    ``probabilities`` and ``verdicts`` of the comments, in order; the number of ``labels``, of
    ``retrainings`` and of ``promotions``; ``refusals`` are the sentences of the promotion gate.
    """

    probabilities: list[float] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    labels: int = 0
    retrainings: int = 0
    promotions: int = 0
    refusals: list[str] = field(default_factory=list)
    slowest_retraining_s: float = 0.0


def simulate(
    examples: Sequence[Example],
    base: TextModel,
    thresholds: Thresholds,
    loop: ReplayPolicy,
    progress: Callable[[str, int, int], None] | None = None,
    *,
    canary: Sequence[Example] = (),
) -> ReplayResult:
    """Replay the examples by date (in the given order if there are no dates).

    Args:
        examples: labelled comments of one site.
        base: the model on day one.
        thresholds: the base model's thresholds.
        loop: retraining and review policy.
        progress: called with the name of the step, steps done and steps in total.
        canary: the canary set of the promotion gate.
    """
    report_progress = progress or (lambda step, done, total: None)
    ordered = sorted(examples, key=lambda example: example.created)
    site = _SiteReplay(base, thresholds, loop, canary)
    for done, example in enumerate(ordered):
        site.process(example)
        if done % 50 == 0:
            report_progress("replaying", done, len(ordered))
    report_progress("replaying", len(ordered), len(ordered))
    return site.run


class _SiteReplay:
    """State of one site during the replay: its filter, context counts and decisions."""

    def __init__(
        self,
        base: TextModel,
        thresholds: Thresholds,
        loop: ReplayPolicy,
        canary: Sequence[Example],
    ) -> None:
        self.run = ReplayResult()
        self._base, self._loop = base, loop
        self._first = self._limits = thresholds
        self._model = base
        self._canary = [prepare(base, example) for example in canary]
        self._draw = Random(loop.seed)  # noqa: S311 - no secret is drawn
        self._sample, self._memory = DecisionSample(seed=loop.seed), ReplayContext()
        self._seen, self._since, self._unlabelled, self._day = 0, 0, 0, ""

    def process(self, example: Example) -> None:
        """Score a comment, apply the review policy and learn from the decision."""
        if self._loop.is_due(self._since, self._day, example.created[:10]):
            self._retrain()
        self._day = example.created[:10]
        submission = Submission.of_example(example)
        reading = read_tokens(submission.tokens, self._base.recipe)
        known = self._memory.known(example, submission)
        evidence = [*evidence_reasons(submission), *context_reasons(submission, known)]
        value = score(self._model, submission, reading, evidence)
        verdict = self._limits.verdict(value)
        self.run.probabilities.append(value)
        self.run.verdicts.append(verdict)
        reviewed = self._loop.is_reviewed(value, self._limits, self._draw)
        if reviewed:
            self._sample.add(prepare(self._base, example, reading), reading)
            self._since += 1
            self.run.labels += 1
        elif verdict == "publish":
            self._unlabelled += 1
        if status := _outcome(example, verdict, reviewed=reviewed):
            self._memory.add(example, submission, status)

    def _retrain(self) -> None:
        began = perf_counter()
        self._since = 0
        decisions = self._sample.decisions()
        trained, gate = train_candidate(
            self._base,
            self._first,
            decisions,
            self._canary,
            Champion(self._model, self._limits, decisions, self._canary),
            new=self._sample.newer_than(self._seen),
            unlabelled=self._unlabelled,
        )
        self.run.retrainings += 1
        if gate.promoted or not self._loop.gate:
            self._model, self._limits, self._seen = (
                trained.model,
                trained.thresholds,
                self.run.labels,
            )
            self.run.promotions += 1
        else:
            self.run.refusals.append(f"after {self.run.labels} labels: {'; '.join(gate.reasons)}")
        spent = perf_counter() - began
        self.run.slowest_retraining_s = max(self.run.slowest_retraining_s, spent)


def _outcome(example: Example, verdict: str, *, reviewed: bool) -> str:
    """Return the final status: the reviewer's, else the filter's; "" if it is still held."""
    if reviewed:
        return SPAM if example.spam else PUBLISHED
    return {"publish": PUBLISHED, "spam": SPAM}.get(verdict, "")


def report(
    examples: Sequence[Example], run: ReplayResult, thresholds: Thresholds
) -> dict[str, Any]:
    """Return the figures of a run: overall, and for each quarter of the stream."""
    import numpy as np

    ordered = sorted(examples, key=lambda example: example.created)
    spam = np.array([bool(example.spam) for example in ordered])
    values = np.array(run.probabilities)
    bounds = [len(ordered) * part // 4 for part in range(5)]
    quarters = [
        _segment_figures(spam[a:b], values[a:b], run.verdicts[a:b], thresholds)
        for a, b in pairwise(bounds)
        if b > a
    ]
    return {
        "all": _segment_figures(spam, values, run.verdicts, thresholds),
        "quarters": quarters,
        "labels": run.labels,
        "retrainings": run.retrainings,
        "promotions": run.promotions,
        "refusals": run.refusals,
        "slowest_retraining_s": round(run.slowest_retraining_s, 3),
    }


def _segment_figures(
    spam: NDArray[Any], values: NDArray[Any], verdicts: Sequence[str], thresholds: Thresholds
) -> dict[str, float | None]:
    """Return figures of a segment; held and filed count the verdicts given during the replay."""
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
