"""Explain a score: which phrases contributed most, as sentences and as ranges of the typed text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from comment_service.spam.features.reading import Reading
from comment_service.spam.features.submission import Reason
from comment_service.spam.features.tokens import URL_SIGN, Token
from comment_service.spam.features.vocabulary import FUNCTION_WORDS
from comment_service.text.sentences import staff_sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Phrases with a smaller absolute log-odds are not shown to moderators.
MIN_SPAM_WEIGHT, MIN_HAM_WEIGHT = 0.2, 0.4
#: A single word says little by itself.
MIN_WORD_WEIGHT = 0.6
#: What speaks against the result is shown if it is strong: spam phrases of a comment that is not
#: held, and honest ones of a comment that is.
MIN_SPAM_AGAINST, MIN_HAM_AGAINST = 1.5, 1.0
MAX_PHRASE = 5
# Signs that always end a clause, and signs that do at the end of a word.
_ALWAYS_ENDS = re.compile(r"''|[()\[\]{}\"“”„«»<>|•،。、！？।]")
_ENDS_WITH_BLANK = re.compile(r"[.!?;:,…]\Z")
#: Words that end a phrase ("buy now", "50 % off") but do not begin one.
_NEVER_FIRST = frozenset({"now", "off", "out"})
SPAM_PHRASES, HAM_PHRASES = 4, 2


@dataclass(frozen=True)
class _Phrase:
    first: int
    last: int


def phrase_reasons(text: str, reading: Reading, by_token: NDArray[np.float64]) -> list[Reason]:
    """Return the phrases that have a weight, the strongest first.

    A phrase has at least two words, or one of four letters. It lies within a clause, begins and
    ends with a word that has a meaning of its own, and is never an address alone: who links to
    something says nothing by the words of its address.

    Args:
        text: the text as typed.
        reading: its columns and tokens.
        by_token: log-odds contributed by each token, shape (tokens,).
    """
    weights = by_token.tolist()
    phrases = _phrases(weights, _clause_ends(text, reading))
    found = (_reason(text, reading, weights, phrase) for phrase in phrases)
    return _merged(filter(None, found))


def choose_phrases(phrases: Sequence[Reason], *, held: bool) -> list[Reason]:
    """Return the phrases to show for a result, at most six.

    ``held`` says whether the score is high enough to hold the comment; what speaks against the
    result is shown only if it is strong.
    """
    least_spam = 0.0 if held else MIN_SPAM_AGAINST
    least_ham = MIN_HAM_AGAINST if held else 0.0
    reasons = [r for r in phrases if r.weight >= least_spam or r.weight <= -least_ham]
    spam = [r for r in reasons if r.weight > 0][:SPAM_PHRASES]
    ham = [r for r in reasons if r.weight < 0][:HAM_PHRASES]
    return [*spam, *ham]


def _clause_ends(text: str, reading: Reading) -> list[bool]:
    """Return whether a phrase ends with each token: at punctuation and at line breaks."""
    tokens = reading.tokens.tokens
    starts = [*(token.start for token in tokens[1:]), len(text)]
    return [_ends_clause(text, token, after) for token, after in zip(tokens, starts, strict=False)]


def _ends_clause(text: str, token: Token, after: int) -> bool:
    """Return True if a clause ends between a token and the next one, which starts at ``after``."""
    if "\n" in text[token.end : after]:
        return True
    if token.form == URL_SIGN:
        return False
    piece = text[token.start : token.end]
    at_blank = token.end < after or after == len(text)
    return bool(_ALWAYS_ENDS.search(piece) or (at_blank and _ENDS_WITH_BLANK.search(piece)))


def _phrases(weights: list[float], ends: Sequence[bool]) -> list[_Phrase]:
    """Join neighbouring tokens with the same sign into phrases of at most five tokens."""
    found: list[_Phrase] = []
    start = 0
    for at in range(1, len(weights) + 1):
        stops = at == len(weights) or (weights[at] > 0) != (weights[start] > 0) or ends[at - 1]
        if stops or at - start >= MAX_PHRASE:
            found.append(_Phrase(start, at - 1))
            start = at
    return found if weights else []


def _reason(text: str, reading: Reading, weights: list[float], phrase: _Phrase) -> Reason | None:
    """Return the reason of a phrase without the words at its ends that mean nothing."""
    tokens = reading.tokens.tokens[phrase.first : phrase.last + 1]
    forms = [_core(text[token.start : token.end]) for token in tokens]
    if all(t.form == URL_SIGN or not f for t, f in zip(tokens, forms, strict=True)):
        return None
    kept = [at for at, form in enumerate(forms) if form and form not in FUNCTION_WORDS]
    starts = [at for at in kept if forms[at] not in _NEVER_FIRST]
    if not starts:
        return None
    tokens, forms = tokens[starts[0] : kept[-1] + 1], forms[starts[0] : kept[-1] + 1]
    weight = sum(weights[phrase.first + starts[0] : phrase.first + kept[-1] + 1])
    words = [form for form in forms if form]
    if not _is_telling(words) or not _is_heavy(weight, alone=len(words) == 1):
        return None
    span = _trimmed(text, tokens[0].start, tokens[-1].end)
    phrase_text = " ".join(text[slice(*span)].split())
    phrase_text = phrase_text if len(phrase_text) <= 60 else f"{phrase_text[:59]}…"
    spam = staff_sentence("“%(words)s” is typical of spam", words=phrase_text)
    honest = staff_sentence("“%(words)s” is typical of honest comments", words=phrase_text)
    sentence = spam if weight > 0 else honest
    return Reason("words", sentence, round(weight, 3), (span,))


def _is_heavy(weight: float, *, alone: bool) -> bool:
    if alone and abs(weight) < MIN_WORD_WEIGHT:
        return False
    return weight >= MIN_SPAM_WEIGHT or weight <= -MIN_HAM_WEIGHT


def _core(piece: str) -> str:
    """Return a piece of text in lower case without signs at its ends; "" if it is all signs."""
    if piece.isalnum():
        return piece.lower()
    start, end = _trimmed(piece, 0, len(piece))
    core = piece[start:end].lower()
    return core if any(char.isalnum() for char in core) else ""


def _is_telling(words: Sequence[str]) -> bool:
    """Return True for two words of which one has three letters, or a single word of four.

    Scripts without case, such as Chinese or Hindi, say more with fewer characters: two are enough.
    """
    least = 3 if len(words) > 1 else 4
    return any(
        len(word) >= 2 if word.upper() == word.lower() and not word.isnumeric()
        else sum(map(str.isalpha, word)) >= least
        for word in words
    )  # fmt: skip


def _merged(reasons: Iterable[Reason]) -> list[Reason]:
    """Join reasons of the same sentence: all ranges, the sum of weights; strongest first."""
    found: dict[str, Reason] = {}
    for reason in reasons:
        key = reason.sentence.lower()
        if key in found:
            old = found[key]
            total = round(old.weight + reason.weight, 3)
            found[key] = replace(old, weight=total, spans=(*old.spans, *reason.spans))
        else:
            found[key] = reason
    return sorted(found.values(), key=lambda reason: -abs(reason.weight))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Strip characters that are neither letters nor digits from both ends of a range.

    A range without letters and digits is returned unchanged. Combining marks stay with the letter
    before them: in many scripts they are its vowel.
    """
    first, last = start, end
    while first < end and not text[first].isalnum():
        first += 1
    if first == end:
        return start, end
    while not text[last - 1].isalnum():
        last -= 1
    while last < end and unicodedata.category(text[last]).startswith("M"):
        last += 1
    return first, last
