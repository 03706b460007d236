"""The spam filter's public interface: takes a submission, returns a probability with reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import inf
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

from comment_service.spam.features.context import ContextCounts, context_reasons
from comment_service.spam.features.evidence import evidence_reasons
from comment_service.spam.features.reading import Reading, read_tokens
from comment_service.spam.features.submission import Reason, Submission
from comment_service.spam.model.artifact import (
    Artifact,
    ArtifactError,
    load,
    model_id,
    read_card,
    thresholds_of,
    unpack,
    verify,
)
from comment_service.spam.model.explanation import LEAST_DOUBT, choose_phrases, phrase_reasons
from comment_service.spam.model.linear import TextModel
from comment_service.spam.model.merging import merged_evidence, merged_links, merged_products
from comment_service.spam.model.policy import Verdict
from comment_service.spam.model.scoring import base_limit, text_log_odds, with_evidence

MAX_REASONS = 8


@dataclass(frozen=True)
class Score:
    """The result for one submission.

    ``probability`` of spam, calibrated, 0 to 1; ``reasons``, strongest first; the id of the
    ``model``; ``milliseconds`` taken; ``features``, 16 hex digits that are equal for inputs with
    the same columns and the same evidence.
    """

    probability: float
    reasons: tuple[Reason, ...]
    model: str
    milliseconds: float
    features: str


@dataclass(frozen=True)
class ReadText:
    """What a model reads of a comment before its page and its context are known.

    ``model`` is the model's id, ``phrases`` what has a weight in the text, ``log_odds`` the text
    model's, ``milliseconds`` the time taken.
    """

    model: str
    submission: Submission
    reading: Reading
    phrases: Sequence[Reason]
    log_odds: float
    milliseconds: float

    def is_of(self, model: str, text: str, author: str, email: str, url: str) -> bool:
        """Return True if this model read these values."""
        own = self.submission
        read = (self.model, own.text, own.author, own.email, own.url)
        return read == (model, text, author, email, url)


class Classifier:
    """A model that scores submissions; safe to share between threads.

    The constructor is cheap: the arrays are read and checked at the first score, or by
        :meth:`warm`.
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
        """Return the classifier of a model that is not kept in a directory."""
        return cls(artifact.card, artifact)

    @property
    def card(self) -> Mapping[str, Any]:
        """Return the model's card."""
        return self._card

    @property
    def model_id(self) -> str:
        """Return the model's id; reads the card only."""
        return model_id(self._card)

    @property
    def hold_at(self) -> float:
        """Return the probability from which the card recommends to hold a comment."""
        return thresholds_of(self._card).hold_at

    @property
    def spam_at(self) -> float:
        """Return the probability from which the card recommends to file a comment as spam."""
        return thresholds_of(self._card).spam_at

    def verdict(self, probability: float) -> Verdict:
        """Return the verdict for a probability under the card's thresholds."""
        return thresholds_of(self._card).verdict(probability)

    def verify(self) -> None:
        """Read the model's files again and check them; a loaded model scores without them.

        Raises:
            ArtifactError: they are missing or damaged.
        """
        verify(load(self._source) if isinstance(self._source, Path) else self._source)

    def warm(self) -> None:
        """Read and check the arrays and load everything that the first score would load.

        Raises:
            ArtifactError: the arrays are missing, damaged or do not match the card.
        """
        self.score("Warm up, \u0441asino: https://example.com/", author="A", page_text="B")

    def read(self, text: str, *, author: str = "", email: str = "", url: str = "") -> ReadText:
        """Read what depends on neither page nor context; most of the time of a score goes here.

        Raises:
            ArtifactError: the arrays are missing, damaged or do not match the card.
        """
        began = perf_counter()
        model = self._loaded()
        submission = Submission.of(text, author=author, email=email, url=url)
        reading = read_tokens(submission.tokens, model.recipe)
        value = text_log_odds(model, submission, reading)
        phrases = phrase_reasons(text, reading, model.by_token(reading))
        if value <= base_limit(model.recipe, reading.tokens) < inf:
            phrases = [reason for reason in phrases if reason.weight < 0]
        spent = (perf_counter() - began) * 1000
        return ReadText(self.model_id, submission, reading, phrases, value, spent)

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
        known: ContextCounts | None = None,
        read: ReadText | None = None,
        hold_at: float | None = None,
    ) -> Score:
        """Score one submission.

        Args:
            text: the comment as typed.
            author: the author's name; empty means unknown, as for all arguments below.
            email: the author's e-mail address.
            url: the author's website.
            page_title: the title of the page that is commented on.
            page_text: the page's text: the post, or the thread so far.
            lang: the page's language.
            known: context counts, with the names in ``context.CONTEXT_FEATURES`` as keys.
            read: what ``read`` returned; that of another model or text is not used.
            hold_at: the probability from which the site holds comments, for the choice of reasons;
                the model's own without it.

        Raises:
            ArtifactError: the arrays are missing, damaged or do not match the card.
        """
        if read is None or not read.is_of(self.model_id, text, author, email, url):
            read = self.read(text, author=author, email=email, url=url)
        began = perf_counter()
        submission = replace(read.submission, page_title=page_title, page_text=page_text, lang=lang)
        evidence = [*evidence_reasons(submission), *context_reasons(submission, known or {})]
        value = with_evidence(read.log_odds, evidence)
        mark = _fingerprint(read.reading, evidence)
        spent = (perf_counter() - began) * 1000 + read.milliseconds
        held = value >= (self.hold_at if hold_at is None else hold_at)
        told = merged_evidence(evidence, text, submission.tokens)
        phrases, shown = merged_products(read.phrases, told)
        words = choose_phrases(phrases, shown, held=held, doubtful=value >= LEAST_DOUBT)
        words, shown = merged_links(words, shown, text)
        return Score(value, _strongest([*words, *shown]), self.model_id, spent, mark)

    def artifact(self) -> Artifact:
        """Return the model's card and arrays.

        Raises:
            ArtifactError: the arrays are missing.
        """
        return load(self._source) if isinstance(self._source, Path) else self._source

    @property
    def text_model(self) -> TextModel:
        """Return the text model; reads the arrays if necessary.

        Raises:
            ArtifactError: the arrays are missing, damaged or do not match the card.
        """
        return self._loaded()

    def _loaded(self) -> TextModel:
        if self._model is None:
            with self._lock:
                if self._model is None:
                    self._model = unpack(self.artifact())
        return self._model


def _strongest(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return the reasons with the largest absolute weight, strongest first."""
    return tuple(sorted(reasons, key=lambda reason: -abs(reason.weight))[:MAX_REASONS])


def _fingerprint(reading: Reading, evidence: Sequence[Reason]) -> str:
    """Return 16 hex digits that identify the scored input: the text's columns and the evidence."""
    found = sha256(reading.distinct.tobytes())
    for reason in sorted(evidence, key=lambda reason: reason.name):
        found.update(f"{reason.name} {reason.weight};".encode())
    return found.hexdigest()[:16]


__all__ = ["ArtifactError", "Classifier", "Reason", "Score"]
