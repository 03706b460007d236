"""Train a site's next model from its labels and compare it with the active model.

See :mod:`comment_service.spam.training.promotion` for the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from comment_service.spam.features.examples import Example, read_examples
from comment_service.spam.model.artifact import load, pack, thresholds_of, unpack
from comment_service.spam.model.classifier import Classifier
from comment_service.spam.model.linear import TextModel
from comment_service.spam.model.policy import Thresholds
from comment_service.spam.training.candidate import (
    MAX_EARLIER,
    Champion,
    train_candidate,
)
from comment_service.spam.training.promotion import PromotionDecision
from comment_service.spam.training.site_model import Decision, prepare_all, scored_places
from comment_service.spam.training.stream_sample import OLDER, RECENT
from comment_service.text.sentences import staff_sentence

#: Maximum number of contradictory decisions that a report names.
MAX_SET_ASIDE = 50
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
        unlabelled: int = 0,
    ) -> SiteTrainingResult:
        """Train a site model and compare it with the active model.

        Args:
            labels: the labelled comments to learn from, oldest first; of a large site those that
                :func:`~comment_service.spam.training.stream_sample.choose_labels` chooses. Each has
                the fields of an example, and its ``id``, an increasing number.
            total: number of the site's labels.
            champion: the active model.
            name: prefix of the model id.
            progress: called with the name of the step, steps done and steps in total.
            unlabelled: number of published comments that nobody decided about.

        Raises:
            ArtifactError: the base model is missing or damaged.
            ExamplesError: the canary set cannot be read.
        """
        began = perf_counter()
        artifact = load(self.base)
        base, limits = unpack(artifact), thresholds_of(artifact.card)
        numbered = _read(labels, progress)
        # A site model's card names its newest label; a shipped model has seen none.
        seen = int(champion.card.get("data", {}).get("newest", 0))
        new = sum(number > seen for number, _ in numbered)
        newest = numbered[-1][0] if numbered else 0
        kept = [example for _, example in numbered]
        scored = scored_places(len(kept), new, MAX_EARLIER)
        decisions = _prepare(base, kept, progress, scored)
        canary_rows = list(read_examples([self.canary]))
        canary = _prepare(base, canary_rows, progress)
        progress(staff_sentence("fitting the model"), 0, 1)
        candidate, gate = train_candidate(
            base,
            limits,
            decisions,
            canary,
            _champion(
                champion, base, (kept[-(new + MAX_EARLIER) :], canary_rows), (decisions, canary)
            ),
            new=new,
            unlabelled=unlabelled,
        )
        about = {"data": {"decisions": total, "newest": newest}}
        artifact = pack(name, candidate.model, candidate.thresholds, about)
        report = {
            **_gate_report(gate),
            "set_aside": [numbered[place][0] for place in candidate.set_aside][-MAX_SET_ASIDE:],
            "labels": total,
            "seconds": round(perf_counter() - began, 1),
            "against": champion.model_id,
        }
        return SiteTrainingResult(artifact.card, artifact.arrays, gate.promoted, report)


def _read(labels: Iterable[Mapping[str, Any]], progress: Progress) -> list[tuple[int, Example]]:
    """Return the labels with their ids."""
    numbered = []
    for done, label in enumerate(labels):
        values = {name: value for name, value in label.items() if name != "id"}
        numbered.append((int(label["id"]), Example(**values)))
        if done % 500 == 0:
            progress(staff_sentence("reading labels"), done, RECENT + OLDER)
    return numbered


def _champion(
    champion: Classifier,
    base: TextModel,
    rows: tuple[Sequence[Example], Sequence[Example]],
    prepared: tuple[Sequence[Decision], Sequence[Decision]],
) -> Champion:
    """Return the active model; decisions are read again if it was trained on another base.

    Args:
        champion: the active model.
        base: the shipped model.
        rows: the newest decisions and the canary set as examples.
        prepared: all decisions and the canary set, prepared with ``base``.
    """
    model, thresholds = champion.text_model, Thresholds(champion.hold_at, champion.spam_at)
    if model.recipe == base.recipe and (model.weights == base.weights).all():
        return Champion(model, thresholds, *prepared)
    own = replace(model, site=None)
    read = (list(prepare_all(own, part)) for part in rows)
    return Champion(model, thresholds, *read)


def _prepare(
    base: TextModel,
    examples: Sequence[Example],
    progress: Progress,
    scored: Sequence[range] | None = None,
) -> list[Decision]:
    """Convert labelled comments to decisions; see :func:`prepare_all`."""
    prepared = []
    for done, decision in enumerate(prepare_all(base, examples, scored)):
        prepared.append(decision)
        if done % 100 == 0:
            progress(staff_sentence("reading texts"), done, len(examples))
    return prepared


def _gate_report(gate: PromotionDecision) -> dict[str, Any]:
    """Return the promotion decision as plain values, with a sentence for the owner."""
    figures = {name: asdict(getattr(gate, name)) for name in ("recent", "earlier", "canary")}
    for found in figures.values():
        found["flips"] = len(found["flips"])
    words = "; ".join(gate.reasons)
    promoted = staff_sentence("Promoted: %(why)s.", why=words)
    kept = staff_sentence("Kept as a candidate: %(why)s.", why=words)
    sentence = promoted if gate.promoted else kept
    return {"promoted": gate.promoted, "sentence": sentence, **figures}
