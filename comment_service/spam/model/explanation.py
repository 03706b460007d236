"""Explain a score: which phrases contributed most, as sentences and as ranges of the typed text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

from comment_service.spam.features.reading import Reading
from comment_service.spam.features.submission import Reason
from comment_service.spam.features.tokens import MAIL_SIGN, URL_SIGN, Token
from comment_service.spam.features.vocabulary import FUNCTION_WORDS
from comment_service.text.sentences import staff_sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Phrases with a smaller absolute log-odds are not shown to moderators.
MIN_SPAM_WEIGHT, MIN_HAM_WEIGHT = 0.2, 0.4
#: A single word says little by itself.
MIN_WORD_WEIGHT = 0.8
#: What speaks against the result is shown if it is strong: spam phrases of a comment that is not
#: held, and honest ones of a comment that is.
MIN_SPAM_AGAINST, MIN_HAM_AGAINST = 1.5, 1.0
#: Below this probability nothing is shown as typical of spam.
LEAST_DOUBT = 0.1
MAX_PHRASE = 5
# Signs that always end a clause, and signs that do at the end of a word.
_ALWAYS_ENDS = re.compile(r"''|[()\[\]{}\"“”„«»<>|•،。、！？।]")
_ENDS_WITH_BLANK = re.compile(r"[.!?;:,…]\Z")
# Signs that belong to the word before or after them: "@name", "$5", "C#", "50%".
_BEFORE, _AFTER = "@#$€£₹¥", "%€£₹$@#+"
# A name with dots in it: an address without scheme, a file, an object's attribute.
_DOTTED = re.compile(r"[^\W_][\w@+-]*(?:\.[\w@+-]+)*\.[^\W\d_]{2,}")
#: Words that end a phrase ("buy now", "50 % off") but do not begin one.
_NEVER_FIRST = frozenset({"now", "off", "out"})
SPAM_PHRASES, HAM_PHRASES = 4, 2


@dataclass(frozen=True)
class _Word:
    """Tokens with no blank between them: "24/7", "do-follow", "0.05".

    ``first`` and ``last`` token; half-open range ``start`` to ``end`` of the text without the
    signs around it; ``core``, that range in lower case, "" for signs and for addresses; ``weight``,
    the sum of its tokens'; ``stops``, whether a clause ends after it.
    """

    first: int
    last: int
    start: int
    end: int
    core: str
    weight: float
    stops: bool


def phrase_reasons(text: str, reading: Reading, by_token: NDArray[np.float64]) -> list[Reason]:
    """Return the phrases that have a weight, the strongest first.

    A phrase has at least two words, or one of four letters. It lies within a clause, begins and
    ends with a whole word that has a meaning of its own, and is never an address alone: who links
    to something says nothing by the words of its address. For a text without words, the reason says
    what it consists of.

    Args:
        text: the text as typed.
        reading: its columns and tokens.
        by_token: log-odds contributed by each token, shape (tokens,).
    """
    weights = by_token.tolist()
    phrases = _phrases(_words(text, reading, weights))
    found = _merged(filter(None, (_reason(text, phrase) for phrase in phrases)))
    return found or _without_words(text, reading, sum(weights))


def _without_words(text: str, reading: Reading, weight: float) -> list[Reason]:
    """Return the reason of a text that has links or numbers, and no words."""
    tokens = reading.tokens.tokens
    signs = (URL_SIGN, MAIL_SIGN)
    rest = "".join(text[token.start : token.end] for token in tokens if token.form not in signs)
    if weight < MIN_SPAM_WEIGHT or any(map(str.isalpha, rest)):
        return []
    if any(token.form in signs for token in tokens):
        sentence = staff_sentence("The text is an address without words")
    elif any(map(str.isnumeric, rest)):
        sentence = staff_sentence("The text is a number without words")
    else:
        return []
    return [Reason("words", sentence, round(weight, 3), ((tokens[0].start, tokens[-1].end),))]


def choose_phrases(phrases: Sequence[Reason], *, held: bool, doubtful: bool = True) -> list[Reason]:
    """Return the phrases to show for a result, at most six.

    What speaks against the result is shown only if it is strong.

    Args:
        phrases: the phrases, strongest first.
        held: whether the score is high enough to hold the comment.
        doubtful: whether it is high enough to show what is typical of spam.
    """
    least_spam = 0.0 if held else MIN_SPAM_AGAINST if doubtful else inf
    least_ham = MIN_HAM_AGAINST if held else 0.0
    reasons = [r for r in phrases if r.weight >= least_spam or r.weight <= -least_ham]
    spam = [r for r in reasons if r.weight > 0][:SPAM_PHRASES]
    ham = [r for r in reasons if r.weight < 0][:HAM_PHRASES]
    return [*spam, *ham]


def _words(text: str, reading: Reading, weights: Sequence[float]) -> list[_Word]:
    """Join the tokens that no blank, bracket or address separates."""
    tokens = reading.tokens.tokens
    words: list[_Word] = []
    first = 0
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        stops = _ends_clause(text, token, after.start if after else len(text))
        if (
            after
            and not stops
            and token.end >= after.start
            and not _stands_alone(text, token, after)
        ):
            continue
        words.append(_word(text, tokens[first : at + 1], first, weights, stops=stops))
        first = at + 1
    return words


def _stands_alone(text: str, token: Token, after: Token) -> bool:
    """Return True if one of two adjacent tokens is an address, markup or a bracket."""
    return any(
        t.form == URL_SIGN or _ALWAYS_ENDS.search(text, t.start, t.end) for t in (token, after)
    )


def _word(
    text: str, tokens: Sequence[Token], first: int, weights: Sequence[float], *, stops: bool
) -> _Word:
    last = first + len(tokens) - 1
    start, end = _trimmed(text, tokens[0].start, tokens[-1].end)
    core = text[start:end].lower()
    if tokens[0].form == URL_SIGN or not any(map(str.isalnum, core)):
        core = ""
    return _Word(first, last, start, end, core, sum(weights[first : last + 1]), stops)


def _ends_clause(text: str, token: Token, after: int) -> bool:
    """Return True if a clause ends between a token and the next one, which starts at ``after``."""
    if "\n" in text[token.end : after]:
        return True
    if token.form == URL_SIGN:
        return False
    piece = text[token.start : token.end]
    at_blank = token.end < after or after == len(text)
    return bool(_ALWAYS_ENDS.search(piece) or (at_blank and _ENDS_WITH_BLANK.search(piece)))


def _phrases(words: Sequence[_Word]) -> list[Sequence[_Word]]:
    """Join neighbouring words with the same sign into phrases of at most five words."""
    found: list[Sequence[_Word]] = []
    start = 0
    for at in range(1, len(words) + 1):
        stops = at == len(words) or (words[at].weight > 0) != (words[start].weight > 0)
        if stops or words[at - 1].stops or at - start >= MAX_PHRASE:
            found.append(words[start:at])
            start = at
    return found


def _reason(text: str, phrase: Sequence[_Word]) -> Reason | None:
    """Return the reason of a phrase without the words at its ends that mean nothing."""
    kept = [at for at, word in enumerate(phrase) if word.core and word.core not in FUNCTION_WORDS]
    starts = [at for at in kept if phrase[at].core not in _NEVER_FIRST]
    if not starts:
        return None
    phrase = phrase[starts[0] : kept[-1] + 1]
    weight = sum(word.weight for word in phrase)
    words = [word.core for word in phrase if word.core]
    if not _is_telling(words) or not _is_heavy(weight, alone=len(words) == 1):
        return None
    span = phrase[0].start, phrase[-1].end
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


def _is_telling(words: Sequence[str]) -> bool:
    """Return True for two words of which one has three letters, or a single word of four.

    Scripts without case, such as Chinese or Hindi, say more with fewer characters: two are enough.
    """
    least = 3 if len(words) > 1 else 4
    if len(words) == 1 and _DOTTED.fullmatch(words[0]):
        return False
    letters = ((word, sum(map(str.isalpha, word))) for word in words)
    return any(
        count and len(word) >= 2 if word.upper() == word.lower() else count >= least
        for word, count in letters
    )


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
    before them: in many scripts they are its vowel. So do signs such as "@", "$" and "%".
    """
    first, last = start, end
    while first < end and not text[first].isalnum():
        first += 1
    if first == end:
        return start, end
    while not text[last - 1].isalnum():
        last -= 1
    while last < end and (unicodedata.category(text[last])[0] == "M" or text[last] in _AFTER):
        last += 1
    if first > start and text[first - 1] in _BEFORE:
        first -= 1
    return first, last
