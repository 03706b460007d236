"""Explain a score: which phrases contributed most, as sentences and as ranges of the typed text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from comment_service.spam.features.reading import Reading
from comment_service.spam.features.submission import Reason
from comment_service.spam.features.tokens import MAIL_SIGN, URL_SIGN
from comment_service.spam.features.vocabulary import BOUND_WORDS, FUNCTION_WORDS, NEVER_LAST
from comment_service.spam.model.words import NUMBER, Word, words_of
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
#: A reason of spam with a smaller share of the strongest one's weight is not shown.
MIN_SHARE = 1 / 3
#: Neighbouring words of one sign are one phrase if they are at most ``MAX_UNCUT``, else phrases of
#: ``MIN_PART`` to ``MAX_PHRASE``.
MAX_UNCUT, MAX_PHRASE, MIN_PART = 7, 6, 3
# A number of fewer digits without a unit needs the word after it.
_NEEDS_UNIT = 5
# A name with dots in it: an address without scheme, a file, an object's attribute.
_DOTTED = re.compile(r"[^\W_][\w@+-]*(?:\.[\w@+-]+)*\.[^\W\d_]{2,}")
#: Words that end a phrase ("buy now", "50 % off") but do not begin one.
_NEVER_FIRST = frozenset({"now", "off", "out", "doing", "going"})
#: Words without a meaning of their own that stay after a word ("follow me", "thumbs up").
_OBJECTS = frozenset({"me", "us", "up"})
#: Function words that stay before the first word ("no prescription").
_NEGATIONS = frozenset({"no", "not", "sin", "sem", "sans", "non", "nie", "не", "нет"})
#: Words at which a long run of words may be cut.
_CUTS = FUNCTION_WORDS - BOUND_WORDS - _OBJECTS
SPAM_PHRASES, HAM_PHRASES = 4, 2


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
    phrases = _phrases(words_of(text, reading, weights))
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
    return [Reason("no_words", sentence, round(weight, 3), ((tokens[0].start, tokens[-1].end),))]


def choose_phrases(
    phrases: Sequence[Reason],
    evidence: Sequence[Reason] = (),
    *,
    held: bool,
    doubtful: bool = True,
) -> list[Reason]:
    """Return the phrases to show for a result, at most six.

    What speaks against the result is shown only if it is strong, and what is typical of spam only
    beside nothing much stronger.

    Args:
        phrases: the phrases, strongest first.
        evidence: the other reasons, which are shown too.
        held: whether the score is high enough to hold the comment.
        doubtful: whether it is high enough to show what is typical of spam.
    """
    strongest = max((reason.weight for reason in (*phrases, *evidence)), default=0.0)
    least_spam = MIN_SHARE * strongest if held else MIN_SPAM_AGAINST if doubtful else inf
    least_ham = MIN_HAM_AGAINST if held else 0.0
    reasons = [r for r in phrases if r.weight >= least_spam or r.weight <= -least_ham]
    spam = [r for r in reasons if r.weight > 0][:SPAM_PHRASES]
    ham = [r for r in reasons if r.weight < 0][:HAM_PHRASES]
    return [*spam, *ham]


def _phrases(words: Sequence[Word]) -> list[Sequence[Word]]:
    """Return the phrases: neighbouring words of one clause whose weights have the same sign."""
    found: list[Sequence[Word]] = []
    start = 0
    for at in range(1, len(words) + 1):
        stops = at == len(words) or (words[at].weight > 0) != (words[start].weight > 0)
        if stops or words[at - 1].stops:
            found += _parts(words[start:at])
            start = at
    return found


def _parts(run: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Yield a run of words in parts that are short enough, cut before "for", "or" and the like."""
    start = 0
    while len(run) - start > MAX_UNCUT:
        ends = range(start + MAX_PHRASE, start + MIN_PART - 1, -1)
        end = next((at for at in ends if _begins_part(run, at)), start + MAX_PHRASE)
        yield run[start:end]
        start = end
    yield run[start:]


def _begins_part(run: Sequence[Word], at: int) -> bool:
    """Return True for the first of one or more words without a meaning of their own."""
    word, before = run[at].core, run[at - 1].core
    return word in _CUTS and before not in FUNCTION_WORDS


def _without_rest(phrase: Sequence[Word], kept: list[int]) -> list[int]:
    """Drop a last word after a preposition if the clause goes on: "websites with dofollow" links.

    At least two words with a meaning of their own remain.
    """
    last = phrase[kept[-1]] if kept else None
    if last and len(kept) > 2 and not last.stops and phrase[kept[-1] - 1].core in _CUTS:
        return kept[:-1]
    return kept


def _reason(text: str, phrase: Sequence[Word]) -> Reason | None:
    """Return the reason of a phrase without the words at its ends that mean nothing."""
    kept = [at for at, word in enumerate(phrase) if word.core and word.core not in FUNCTION_WORDS]
    if not kept:
        return None
    while kept and (_lacks_unit(phrase[kept[-1]]) or phrase[kept[-1]].core in NEVER_LAST):
        kept.pop()
    kept = _without_rest(phrase, kept)
    starts = [at for at in kept if phrase[at].core not in _NEVER_FIRST]
    if not starts:
        return None
    end = kept[-1] + 1
    alone = end - starts[0] == 1
    start = starts[0] - (starts[0] > 0 and phrase[starts[0] - 1].core in _NEGATIONS)
    end += _has_object(phrase[end - 1 : end + 2])
    phrase = phrase[start:end]
    weight = sum([word.weight for word in phrase])
    if not _is_heavy(weight, alone=alone):
        return None
    if not _is_telling([word.core for word in phrase if word.core]):
        return None
    span = phrase[0].start, phrase[-1].end
    phrase_text = " ".join(text[slice(*span)].split())
    phrase_text = phrase_text if len(phrase_text) <= 60 else f"{phrase_text[:59]}…"
    sentence = (
        staff_sentence("“%(words)s” is typical of spam", words=phrase_text)
        if weight > 0
        else staff_sentence("“%(words)s” is typical of honest comments", words=phrase_text)
    )
    return Reason("words", sentence, round(weight, 3), (span,))


def _has_object(words: Sequence[Word]) -> bool:
    """Return True for a word with "me", "us" or "up" after it, but not for "up to"."""
    if len(words) < 2 or words[1].core not in _OBJECTS or not words[0].core.isalpha():
        return False
    return len(words) < 3 or words[2].core != "to"


def _lacks_unit(word: Word) -> bool:
    """Return True for a short number in a clause that goes on: what it counts comes after it."""
    if word.stops or not word.core[-1].isdecimal():
        return False
    digits = sum(map(str.isdecimal, word.core))
    return digits < _NEEDS_UNIT and bool(NUMBER.fullmatch(word.core))


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
