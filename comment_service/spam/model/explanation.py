"""Explain a score: which phrases contributed most, as sentences and as ranges of the typed text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comment_service.spam.features.reading import Reading
from comment_service.spam.features.submission import Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Phrases with a smaller absolute log-odds are not shown to moderators.
MIN_PHRASE_WEIGHT = 0.15
MAX_PHRASE = 5
SPAM_PHRASES, HAM_PHRASES = 4, 2


@dataclass(frozen=True)
class _Phrase:
    first: int
    last: int
    weight: float


def word_reasons(text: str, reading: Reading, by_token: NDArray[np.float64]) -> list[Reason]:
    """Return the phrases with the largest weight, strongest first, at most six.

    Args:
        text: the text as typed.
        reading: its columns and tokens.
        by_token: log-odds contributed by each token, shape (tokens,).
    """
    phrases = sorted(_phrases(by_token.tolist()), key=lambda phrase: -abs(phrase.weight))
    spam = [p for p in phrases if p.weight >= MIN_PHRASE_WEIGHT][:SPAM_PHRASES]
    ham = [p for p in phrases if p.weight <= -MIN_PHRASE_WEIGHT][:HAM_PHRASES]
    return [_reason(text, reading, phrase) for phrase in [*spam, *ham]]


def _phrases(weights: list[float]) -> list[_Phrase]:
    """Join neighbouring tokens with the same sign into phrases of at most five tokens."""
    found: list[_Phrase] = []
    start = 0
    for at in range(1, len(weights) + 1):
        ends = at == len(weights) or (weights[at] > 0) != (weights[start] > 0)
        if ends or at - start >= MAX_PHRASE:
            found.append(_Phrase(start, at - 1, sum(weights[start:at])))
            start = at
    return found if weights else []


def _reason(text: str, reading: Reading, phrase: _Phrase) -> Reason:
    tokens = reading.tokens.tokens
    span = _trimmed(text, tokens[phrase.first].start, tokens[phrase.last].end)
    phrase_text = " ".join(text[slice(*span)].split())
    phrase_text = phrase_text if len(phrase_text) <= 60 else f"{phrase_text[:59]}…"
    kind = "spam" if phrase.weight > 0 else "honest comments"
    return Reason(
        "words", f"“{phrase_text}” is typical of {kind}", round(phrase.weight, 3), (span,)
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Strip characters that are neither letters nor digits from both ends of a range.

    A range without letters and digits is returned unchanged. Combining marks stay with the letter
    before them: in many scripts they are its vowel.
    """
    kept = [at for at in range(start, end) if text[at].isalnum()]
    if not kept:
        return start, end
    last = kept[-1] + 1
    while last < end and unicodedata.category(text[last]).startswith("M"):
        last += 1
    return kept[0], last
