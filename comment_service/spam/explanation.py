"""Which words carried a score, as sentences and as ranges of the text as typed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comment_service.spam.features import Reading
from comment_service.spam.submission import Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: A phrase below this log-odds is not worth a moderator's time.
WORTH_SAYING = 0.15
MAX_PHRASE = 5
SPAM_PHRASES, HAM_PHRASES = 4, 2


@dataclass(frozen=True)
class _Phrase:
    first: int
    last: int
    weight: float


def word_reasons(text: str, reading: Reading, by_token: NDArray[np.float64]) -> list[Reason]:
    """Return the phrases that weigh most, strongest first, at most six.

    Args:
        text: the text as typed.
        reading: its columns and tokens.
        by_token: what each token adds to the log-odds, shape (tokens,).
    """
    phrases = sorted(_phrases(by_token.tolist()), key=lambda phrase: -abs(phrase.weight))
    spam = [p for p in phrases if p.weight >= WORTH_SAYING][:SPAM_PHRASES]
    ham = [p for p in phrases if p.weight <= -WORTH_SAYING][:HAM_PHRASES]
    return [_reason(text, reading, phrase) for phrase in [*spam, *ham]]


def _phrases(weights: list[float]) -> list[_Phrase]:
    """Join neighbours of one sign into phrases of at most five tokens."""
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
    shown = " ".join(text[slice(*span)].split())
    shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
    kind = "spam" if phrase.weight > 0 else "honest comments"
    return Reason("words", f"“{shown}” is typical of {kind}", round(phrase.weight, 3), (span,))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the range without what is no letter or digit at its ends; whole if it holds none.

    Marks go with the letter before them: in many scripts they are its vowel.
    """
    kept = [at for at in range(start, end) if text[at].isalnum()]
    if not kept:
        return start, end
    last = kept[-1] + 1
    while last < end and unicodedata.category(text[last]).startswith("M"):
        last += 1
    return kept[0], last
