"""A site's next model: trained from its labels, tried against the one in place, with a report.

A trial is trained without the newest decisions, which judge it; what is kept is trained on
everything, and judged by a frozen canary set that ships with the package. Both decide (see
:mod:`comment_service.spam.promotion`). Labels are read as a stream;
memory is bounded whatever their number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from zlib import crc32

from comment_service.spam.artifact import load, pack, thresholds_of, unpack
from comment_service.spam.classifier import Classifier
from comment_service.spam.examples import Example, read_examples
from comment_service.spam.features import read_tokens
from comment_service.spam.linear import TextModel
from comment_service.spam.policy import Thresholds
from comment_service.spam.promotion import Gate, Judged, compare, decide
from comment_service.spam.scoring import score
from comment_service.spam.site_model import Decision, SiteModel, prepare, train_site
from comment_service.spam.stream_sample import LabelSample
from comment_service.spam.submission import Submission
from comment_service.text.folding import fold_key

#: The newest decisions on which a candidate is tried: a fifth of all, at most this many.
MOST_HELD_OUT = 400
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Trained:
    """A site's model ready to be kept: card and arrays, whether it may judge, and the report."""

    card: Mapping[str, Any]
    arrays: bytes
    promoted: bool
    report: Mapping[str, Any]


class SiteTrainer:
    """Trains a site's models on top of a base model, against a canary set.

    Args:
        base: directory of the base model.
        canary: JSON lines with ``text`` and ``label`` that no model is ever trained on.
    """

    def __init__(self, base: Path, canary: Path) -> None:
        self.base = base
        self.canary = canary

    def train(
        self,
        lessons: Iterable[Mapping[str, Any]],
        *,
        total: int,
        champion: Classifier,
        name: str,
        tell: Tell,
    ) -> Trained:
        """Train from lessons (the fields of an example), oldest first.

        Args:
            lessons: text, spam and what else is known; read once.
            total: how many there are.
            champion: the model in place.
            name: what the id starts with.
            tell: told step, done and total.

        Raises:
            ArtifactError: the base model is missing or damaged.
            ExamplesError: the canary set cannot be read.
        """
        began = perf_counter()
        base, limits = self._base()
        kept, held_out = _read(lessons, total, tell)
        decisions = _prepare(base, kept, tell)
        tell("fitting the trial", 0, 2)
        trial = train_site(base, limits, decisions)
        tell("fitting the model", 1, 2)
        final = train_site(base, limits, [*decisions, *_prepare(base, held_out, tell)])
        gate = self._try(trial, final, champion, held_out)
        artifact = pack(name, final.model, final.thresholds, {"data": {"decisions": total}})
        report = {
            **_told(gate),
            "labels": total,
            "seconds": round(perf_counter() - began, 1),
            "against": champion.model_id,
        }
        return Trained(artifact.card, artifact.arrays, gate.promoted, report)

    def _base(self) -> tuple[TextModel, Thresholds]:
        artifact = load(self.base)
        return unpack(artifact), thresholds_of(artifact.card)

    def _try(
        self, trial: SiteModel, final: SiteModel, champion: Classifier, recent: Sequence[Example]
    ) -> Gate:
        """Compare with the model in place.

        Recent decisions judge the trial, which saw nothing of them; the canary set judges the model
        that is kept, which did: the newest labels may be those that lie.
        """
        canary = list(read_examples([self.canary]))
        compared = [
            compare([bool(row.spam) for row in rows], _by(champion, rows), _as(new, rows))
            for new, rows in ((trial, recent), (final, canary))
        ]
        return decide(compared[0], compared[1])


def _read(
    lessons: Iterable[Mapping[str, Any]], total: int, tell: Tell
) -> tuple[list[Example], list[Example]]:
    """Read the stream: a sample of what is trained on, and the newest fifth, which is tried on."""
    sample, newest = LabelSample[Example](), deque[Example]()
    keep = min(total // 5, MOST_HELD_OUT)
    for done, lesson in enumerate(lessons):
        newest.append(Example(**lesson))
        if len(newest) > keep:
            oldest = newest.popleft()
            sample.add(oldest, key=crc32(fold_key(oldest.text[:400]).encode()))
        if done % 500 == 0:
            tell("reading labels", done, total)
    return sample.decisions(), list(newest)


def _prepare(base: TextModel, examples: Sequence[Example], tell: Tell) -> list[Decision]:
    """Make labelled comments ready to learn from."""
    prepared = []
    for done, example in enumerate(examples):
        prepared.append(prepare(base, example))
        if done % 100 == 0:
            tell("reading texts", done, len(examples))
    return prepared


def _by(champion: Classifier, rows: Sequence[Example]) -> Judged:
    """Return what the model in place says of rows."""
    values = [
        champion.score(
            row.text, author=row.author, email=row.email, url=row.url, page_title=row.page_title
        ).probability
        for row in rows
    ]
    return Judged(values, Thresholds(champion.hold_at, champion.spam_at))


def _as(new: SiteModel, rows: Sequence[Example]) -> Judged:
    """Return what a model that is not packed yet says of rows."""
    values = []
    for row in rows:
        submission = Submission.of_example(row)
        reading = read_tokens(submission.tokens, new.model.recipe)
        values.append(score(new.model, submission, reading))
    return Judged(values, new.thresholds)


def _told(gate: Gate) -> dict[str, Any]:
    """Return the gate's decision as plain values, with a sentence for the owner."""
    figures = {name: asdict(getattr(gate, name)) for name in ("recent", "canary")}
    for found in figures.values():
        found["flips"] = len(found["flips"])
    words = "; ".join(gate.reasons)
    sentence = f"{'Promoted' if gate.promoted else 'Kept as a candidate'}: {words}."
    return {"promoted": gate.promoted, "sentence": sentence, **figures}
