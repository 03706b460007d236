"""Find the phrases of a text that decide a score, and say what they are typical of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from comment_service.spam.features.submission import Reason
from comment_service.spam.features.vocabulary import BOUND_WORDS, FUNCTION_WORDS, NEVER_LAST
from comment_service.spam.model.words import NUMBER, Word
from comment_service.text.sentences import staff_sentence

#: Phrases with a smaller absolute log-odds are not shown to moderators.
MIN_SPAM_WEIGHT, MIN_HAM_WEIGHT = 0.2, 0.4
#: A single word says little by itself.
MIN_WORD_WEIGHT = 0.8
#: A first word with a smaller share of its phrase's weight is left out.
MIN_WORD_SHARE = 0.03
#: Neighbouring words of one sign are one phrase if they are at most ``MAX_UNCUT``, else phrases of
#: ``MIN_PART`` to ``MAX_PHRASE``.
MAX_UNCUT, MAX_PHRASE, MIN_PART = 7, 6, 3
#: At most so many words of the other sign stay inside a phrase, if their weight and its share of
#: the weight on either side are at most ``MAX_BRIDGE``.
BRIDGE, MAX_BRIDGE = 2, 0.5
# A number of fewer digits without a unit needs the word after it.
_NEEDS_UNIT = 5
# A name with dots in it: an address without scheme, a file, an object's attribute.
_DOTTED = re.compile(r"[^\W_][\w@+-]*(?:\.[\w@+-]+)*\.[^\W\d_]{2,}")
#: Words that end a phrase ("buy now", "50 % off") but do not begin one.
_NEVER_FIRST = frozenset({"now", "off", "out", "doing", "going"})
#: Words without a meaning of their own that stay after a word ("follow me", "click here").
_OBJECTS = frozenset(
    {"me", "us", "up", "here", "hier", "ici", "aquí", "aqui", "tutaj", "здесь", "сюда", "här"}
)
#: Words that stay after a word even if their weight has the other sign ("check out").
_PARTICLES = _OBJECTS | {"now", "off", "out"}
#: Function words that stay before the first word ("no prescription").
_NEGATIONS = frozenset({"no", "not", "sin", "sem", "sans", "non", "nie", "не", "нет"})
_OWN_WORDS = """
my our mein meine meinen unser unsere unseren mon ma mes notre nos mi mis nuestro nuestra meu minha
nosso nossa mio mia nostro nostra mijn onze mój moja nasz nasza мой моя мои наш наша наши min mitt
mina vår våra
"""
#: The words by which authors speak of what is theirs stay too ("my channel").
_OWN = frozenset(_OWN_WORDS.split())
_KEPT_BEFORE = _NEGATIONS | _OWN
#: Words at which a long run of words may be cut.
_CUTS = FUNCTION_WORDS - BOUND_WORDS - _OBJECTS


def phrases_of(text: str, words: Sequence[Word]) -> list[Reason]:
    """Return the phrases that have a weight, each once, the strongest first.

    A phrase has at least two words, or one of four letters. It lies within a clause, begins and
    ends with a whole word that has a meaning of its own, and is never an address alone.
    """
    return _merged(filter(None, (_reason(text, phrase) for phrase in _phrases(words))))


def _phrases(words: Sequence[Word]) -> list[Sequence[Word]]:
    """Return the phrases: neighbouring words of one clause whose weights have the same sign.

    One or two words that hardly speak against it stay inside ("subscribe to my channel").
    """
    runs = _runs(words)
    found: list[Sequence[Word]] = []
    start = at = 0
    while at < len(runs):
        weight, end = runs[at]
        if start >= end:  # a particle of the phrase before
            at += 1
            continue
        while _is_bridged(words, start, weight, runs[at : at + 3]):
            at += 2
            weight, end = weight + runs[at - 1][0] + runs[at][0], runs[at][1]
        end += _has_particle(words, end, weight)
        found += _parts(words[start:end])
        start = end
        at += 1
    return found


def _runs(words: Sequence[Word]) -> list[tuple[float, int]]:
    """Return weight and end of each run of words of one clause and one sign."""
    runs: list[tuple[float, int]] = []
    total = 0.0
    for at, word in enumerate(words, 1):
        total += word.weight
        if word.stops or at == len(words) or (words[at].weight > 0) != (word.weight > 0):
            runs.append((total, at))
            total = 0.0
    return runs


def _is_bridged(
    words: Sequence[Word], start: int, weight: float, runs: Sequence[tuple[float, int]]
) -> bool:
    """Return True if only words of little weight are between two runs of one clause.

    Both runs and the words between are one phrase that needs no cut.

    Args:
        words: all words.
        start: the first word of the phrase so far.
        weight: the phrase's weight.
        runs: the run that ends the phrase so far, and the next two.
    """
    if len(runs) < 3 or runs[2][1] - start > MAX_UNCUT:
        return False
    (_, end), (between, last), (behind, _) = runs
    if last - end > BRIDGE or words[end - 1].stops or words[last - 1].stops:
        return False
    return abs(between) <= MAX_BRIDGE * min(1.0, abs(weight), abs(behind))


def _has_particle(words: Sequence[Word], end: int, weight: float) -> bool:
    """Return True if the word at ``end`` belongs to the one before it, whatever its sign."""
    if end == len(words) or words[end - 1].stops or words[end].core not in _PARTICLES:
        return False
    if _begins_up_to(words[end : end + 2]):
        return False
    return abs(words[end].weight) <= MAX_BRIDGE * abs(weight)


def _begins_up_to(words: Sequence[Word]) -> bool:
    return [word.core for word in words] == ["up", "to"]


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
    first = _first_telling(phrase, starts, end)
    alone = end - first == 1
    start = first - (first > 0 and phrase[first - 1].core in _KEPT_BEFORE)
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


def _first_telling(phrase: Sequence[Word], starts: Sequence[int], end: int) -> int:
    """Return the first word that has a share of the phrase's weight: not the name before it.

    Two words with a meaning of their own remain, or one that is heavy enough to stand alone.
    """
    weights = [word.weight for word in phrase[:end]]
    for before, at in pairwise(starts):
        total = abs(sum(weights[before:]))
        if abs(weights[before]) >= MIN_WORD_SHARE * total:
            return before
        if at == starts[-1] and abs(sum(weights[at:])) < MIN_WORD_WEIGHT:
            return before
    return starts[-1]


def _has_object(words: Sequence[Word]) -> bool:
    """Return True for a word with "me", "us" or "here" after it, but not for "up to"."""
    if len(words) < 2 or words[1].core not in _OBJECTS or not words[0].core.isalpha():
        return False
    return not _begins_up_to(words[1:])


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
