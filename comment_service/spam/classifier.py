"""The filter as the rest of the house knows it: a submission in, a probability with reasons out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

from comment_service.spam.artifact import (
    Artifact,
    ArtifactError,
    load,
    model_id,
    read_card,
    thresholds_of,
    unpack,
)
from comment_service.spam.context import Known, circumstance_reasons
from comment_service.spam.evidence import evidence_reasons
from comment_service.spam.explanation import word_reasons
from comment_service.spam.features import Reading, read_tokens
from comment_service.spam.linear import TextModel
from comment_service.spam.policy import Verdict
from comment_service.spam.scoring import score
from comment_service.spam.submission import Reason, Submission

MAX_REASONS = 8


@dataclass(frozen=True)
class Score:
    """What the filter found.

    ``probability`` of spam, calibrated, 0 to 1; ``reasons``, strongest first; the id of the
    ``model``; ``milliseconds`` taken; ``features``, 16 hex digits that are equal where the model
    was given the same columns and the same evidence.
    """

    probability: float
    reasons: tuple[Reason, ...]
    model: str
    milliseconds: float
    features: str


class Classifier:
    """A model that scores submissions; safe to share between threads.

    Cheap to make: the arrays are read and checked at the first score, or by :meth:`warm`.
    """

    def __init__(self, card: Mapping[str, Any], source: Path | Artifact) -> None:
        self._card = card
        self._source = source
        self._model: TextModel | None = None
        self._lock = Lock()

    @classmethod
    def from_path(cls, path: Path) -> Classifier:
        """Return the classifier of a model directory (``card.json`` and ``arrays.npz``).

        Raises:
            ArtifactError: there is no usable card.
        """
        return cls(read_card(Path(path)), Path(path))

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> Classifier:
        """Return the classifier of a model kept elsewhere than in a directory."""
        return cls(artifact.card, artifact)

    @property
    def card(self) -> Mapping[str, Any]:
        """The model's card."""
        return self._card

    @property
    def model_id(self) -> str:
        """The model's id, from the card alone."""
        return model_id(self._card)

    @property
    def hold_at(self) -> float:
        """Probability from which the card recommends to hold."""
        return thresholds_of(self._card).hold_at

    @property
    def spam_at(self) -> float:
        """Probability from which the card recommends to file as spam without a look."""
        return thresholds_of(self._card).spam_at

    def verdict(self, probability: float) -> Verdict:
        """Return what the card's thresholds make of a probability."""
        return thresholds_of(self._card).verdict(probability)

    def warm(self) -> None:
        """Read and check the arrays and load what the first score would load.

        Raises:
            ArtifactError: the arrays are missing, damaged or not those of the card.
        """
        self.score("Warm up, \u0441asino: https://example.com/", author="A", page_text="B")

    def score(
        self,
        text: str,
        *,
        author: str = "",
        email: str = "",
        url: str = "",
        page_title: str = "",
        page_text: str = "",
        lang: str = "",
        known: Known | None = None,
    ) -> Score:
        """Score one submission.

        Args:
            text: what the person typed.
            author: the name given, as ``email`` and ``url`` (the website).
            email: not known where empty, as all that follows.
            url: the author's website.
            page_title: of the page that is commented on.
            page_text: what stands there: the post, or the thread so far.
            lang: the page's language.
            known: what surrounds it, by the names in ``circumstances.CIRCUMSTANCES``.

        Raises:
            ArtifactError: the arrays are missing, damaged or not those of the card.
        """
        began = perf_counter()
        model = self._loaded()
        submission = Submission.of(
            text,
            author=author,
            email=email,
            url=url,
            page_title=page_title,
            page_text=page_text,
            lang=lang,
        )
        reading = read_tokens(submission.tokens, model.recipe)
        beside = [*evidence_reasons(submission), *circumstance_reasons(submission, known or {})]
        words = word_reasons(text, reading, model.by_token(reading))
        value = score(model, submission, reading, beside)
        mark = _fingerprint(reading, beside)
        spent = (perf_counter() - began) * 1000
        return Score(value, _strongest([*words, *beside]), self.model_id, spent, mark)

    def _loaded(self) -> TextModel:
        if self._model is None:
            with self._lock:
                if self._model is None:
                    source = self._source
                    self._model = unpack(load(source) if isinstance(source, Path) else source)
        return self._model


def _strongest(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return the reasons worth keeping, those that weigh most first."""
    return tuple(sorted(reasons, key=lambda reason: -abs(reason.weight))[:MAX_REASONS])


def _fingerprint(reading: Reading, beside: Sequence[Reason]) -> str:
    """Return 16 hex digits for what was scored: the text's columns and the evidence."""
    found = sha256(reading.distinct.tobytes())
    for reason in sorted(beside, key=lambda reason: reason.name):
        found.update(f"{reason.name} {reason.weight};".encode())
    return found.hexdigest()[:16]


__all__ = ["ArtifactError", "Classifier", "Reason", "Score"]
