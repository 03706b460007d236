"""Train a site's next model from its labels and compare it with the active model.

Two models are trained. The trial model leaves out the newest decisions and is evaluated on them.
The final model is trained on everything and is evaluated on a frozen canary set that ships with
the package. Both results decide about promotion (see :mod:`comment_service.spam.promotion`).
Labels are read as a stream; memory is bounded whatever their number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from zlib import crc32

from comment_service.spam.features.examples import Example, read_examples
from comment_service.spam.features.reading import read_tokens
from comment_service.spam.features.submission import Submission
from comment_service.spam.model.artifact import load, pack, thresholds_of, unpack
from comment_service.spam.model.classifier import Classifier
from comment_service.spam.model.linear import TextModel
from comment_service.spam.model.policy import Thresholds
from comment_service.spam.model.scoring import score
from comment_service.spam.training.promotion import ModelScores, PromotionDecision, compare, decide
from comment_service.spam.training.site_model import Decision, SiteModel, prepare, train_site
from comment_service.spam.training.stream_sample import LabelSample
from comment_service.text.folding import fold_key

#: A candidate is evaluated on the newest fifth of all decisions, at most this many.
MAX_HELD_OUT = 400
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SiteTrainingResult:
    """A trained site model: card and arrays, whether it may go live, and the report."""

    card: Mapping[str, Any]
    arrays: bytes
    promoted: bool
    report: Mapping[str, Any]


class SiteTrainer:
    """Train a site's models on top of a base model and evaluate them on a canary set.

    Args:
        base: directory of the base model.
        canary: JSON lines with ``text`` and ``label``; never used for training.
    """

    def __init__(self, base: Path, canary: Path) -> None:
        self.base = base
        self.canary = canary

    def train(
        self,
        labels: Iterable[Mapping[str, Any]],
        *,
        total: int,
        champion: Classifier,
        name: str,
        progress: Progress,
    ) -> SiteTrainingResult:
        """Train a site model and compare it with the active model.

        Args:
            labels: labelled comments (the fields of an example), oldest first; read once.
            total: number of labels.
            champion: the active model.
            name: prefix of the model id.
            progress: called with the name of the step, steps done and steps in total.

        Raises:
            ArtifactError: the base model is missing or damaged.
            ExamplesError: the canary set cannot be read.
        """
        began = perf_counter()
        base, limits = self._base()
        kept, held_out = _read(labels, total, progress)
        decisions = _prepare(base, kept, progress)
        progress("fitting the trial", 0, 2)
        trial = train_site(base, limits, decisions)
        progress("fitting the model", 1, 2)
        final = train_site(base, limits, [*decisions, *_prepare(base, held_out, progress)])
        gate = self._evaluate(trial, final, champion, held_out)
        artifact = pack(name, final.model, final.thresholds, {"data": {"decisions": total}})
        report = {
            **_gate_report(gate),
            "labels": total,
            "seconds": round(perf_counter() - began, 1),
            "against": champion.model_id,
        }
        return SiteTrainingResult(artifact.card, artifact.arrays, gate.promoted, report)

    def _base(self) -> tuple[TextModel, Thresholds]:
        artifact = load(self.base)
        return unpack(artifact), thresholds_of(artifact.card)

    def _evaluate(
        self, trial: SiteModel, final: SiteModel, champion: Classifier, recent: Sequence[Example]
    ) -> PromotionDecision:
        """Compare the new models with the active model.

        The trial model is evaluated on the recent decisions, which it was not trained on. The final
        model is trained on them, so it is evaluated on the canary set: the newest labels may be
            wrong.
        """
        canary = list(read_examples([self.canary]))
        compared = [
            compare(
                [bool(row.spam) for row in rows],
                _champion_scores(champion, rows),
                _new_model_scores(new, rows),
            )
            for new, rows in ((trial, recent), (final, canary))
        ]
        return decide(compared[0], compared[1])


def _read(
    labels: Iterable[Mapping[str, Any]], total: int, progress: Progress
) -> tuple[list[Example], list[Example]]:
    """Read the stream; return a sample to train on, and the newest fifth to evaluate on."""
    sample, newest = LabelSample[Example](), deque[Example]()
    keep = min(total // 5, MAX_HELD_OUT)
    for done, label in enumerate(labels):
        newest.append(Example(**label))
        if len(newest) > keep:
            oldest = newest.popleft()
            sample.add(oldest, key=crc32(fold_key(oldest.text[:400]).encode()))
        if done % 500 == 0:
            progress("reading labels", done, total)
    return sample.decisions(), list(newest)


def _prepare(base: TextModel, examples: Sequence[Example], progress: Progress) -> list[Decision]:
    """Convert labelled comments to decisions."""
    prepared = []
    for done, example in enumerate(examples):
        prepared.append(prepare(base, example))
        if done % 100 == 0:
            progress("reading texts", done, len(examples))
    return prepared


def _champion_scores(champion: Classifier, rows: Sequence[Example]) -> ModelScores:
    """Return the active model's scores of rows."""
    values = [
        champion.score(
            row.text, author=row.author, email=row.email, url=row.url, page_title=row.page_title
        ).probability
        for row in rows
    ]
    return ModelScores(values, Thresholds(champion.hold_at, champion.spam_at))


def _new_model_scores(new: SiteModel, rows: Sequence[Example]) -> ModelScores:
    """Return the scores of rows by a model that is not packed yet."""
    values = []
    for row in rows:
        submission = Submission.of_example(row)
        reading = read_tokens(submission.tokens, new.model.recipe)
        values.append(score(new.model, submission, reading))
    return ModelScores(values, new.thresholds)


def _gate_report(gate: PromotionDecision) -> dict[str, Any]:
    """Return the promotion decision as plain values, with a sentence for the owner."""
    figures = {name: asdict(getattr(gate, name)) for name in ("recent", "canary")}
    for found in figures.values():
        found["flips"] = len(found["flips"])
    words = "; ".join(gate.reasons)
    sentence = f"{'Promoted' if gate.promoted else 'Kept as a candidate'}: {words}."
    return {"promoted": gate.promoted, "sentence": sentence, **figures}
