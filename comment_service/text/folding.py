"""Fold disguised text to plain letters, for the filter, the word lists and the repeat check.

Spammers disguise words so that people can read them but programs cannot. Folding reverts:
compatibility forms (Unicode NFKC, UAX #15), invisible characters, look-alikes in mixed-script
words (the confusables of Unicode UTS #39), s p a c e d words and l33t. Every folded character
keeps its original position, so that a finding can be shown in the text as typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from comment_service.text.lookalikes import Edit, script_of, unmix_edits, unstyled

_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# Kana voicing marks and Hangul vowels and finals combine with the character before them.
_JOINERS = _MARKS + "\u3099\u309a\u1161-\u11ff"
# Characters that are already in plain form; most texts contain only these.
_PLAIN_CLASS = (
    "\n\r\t -~\u00c0-\u0131\u0391-\u03a1\u03a3-\u03ce\u0400-\u0481\u048a-\u052f\u05d0-\u05ea"
    "\u0621-\u064a\u1ea0-\u1ef9\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)
_PLAIN = re.compile(rf"[{_PLAIN_CLASS}]*")
_CLUSTER = re.compile(rf"[{_PLAIN_CLASS}]+(?![{_JOINERS}])|[^{_JOINERS}][{_JOINERS}]*|.", re.DOTALL)
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_EUROPEAN = ("LATIN", "CYRILLIC", "GREEK")

_SPACED = re.compile(
    r"(?<!\w)([^\W_]|[@$])([ .\-_*·•~/,|])(?:[^\W_]|[@$!])(?:\2(?:[^\W_]|[@$!]))+(?!\w)"
)
# How every spaced word ends; a search that begins with a sign is faster.
_SPACED_END = re.compile(r"([ .\-_*·•~/,|])(?:[^\W_]|[@$!])\1(?:[^\W_]|[@$!])(?!\w)")
# Bounded and matched at a token's start only: a search takes quadratic time on a long word.
_ADDRESS = re.compile(
    r"\W{0,3}(?:https?://|www\.|(?:[\w-]{2,63}\.){1,9}[a-z]{2,24}(?![^\W_])|[\w.+-]{1,64}@[\w-]{1,63}\.)",
    re.I,
)
_BLANK = re.compile(r"\s")
_LEET_WORD = re.compile(r"(?:[^\W_]|[@$!|€])+")
# A number or price has no two letters and is no disguised word.
_LETTERS = re.compile(r"[^\W\d_].*?[^\W\d_]", re.DOTALL)
_LEET_RUN = re.compile(r"[0-9@$!|€]+")
_LEET = str.maketrans("0123456789@$!|€", "oizeasgtbgasile")
_NOT_WORD = re.compile(r"[\W_]+")
_LATIN_ACCENT = re.compile(r"([a-z])[\u0300-\u036f]+")


@dataclass(frozen=True)
class Folded:
    """Folded text and, for each of its characters, the half-open range that it came from."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map the half-open range ``start:end`` of the folded text to the original text."""
        if not self.starts or start >= end:
            return (0, 0)
        return self.starts[start], self.ends[end - 1]


@lru_cache(maxsize=16)
def fold(text: str) -> Folded:
    """Fold ``text``; upper case, line breaks and punctuation stay.

    Steps, in order: NFKC; remove zero-width, bidi and control characters and stacked marks; replace
    look-alikes in mixed-script words; join spaced letters; replace leet inside words. Addresses
    (URLs, e-mail) and numbers beside letters without case (``50万円``) keep their digits. Linear in
    the length; well under 1 ms for 500 characters. The last results are kept: screening folds a
    text for the filter, the lists and the repeat check.
    """
    folded = _normalise(text)
    for step in (unmix_edits, _join_edits, _leet_edits):
        folded = _apply(folded, list(step(folded.text)))
    return folded


def fold_key(text: str) -> str:
    """Return a key that is equal for all disguises of one text.

    The key is the folded text, case-folded, without Latin accents, with every run of punctuation
    and white space replaced by one blank. A text of signs only (``"👍"``) is its own key.
    """
    folded = fold(text).text
    key = folded.casefold()
    if not key.isascii():
        key = _LATIN_ACCENT.sub(r"\1", unicodedata.normalize("NFKD", key))
        key = unicodedata.normalize("NFC", key)
    return _NOT_WORD.sub(" ", key).strip() or " ".join(folded.split())


def _normalise(text: str) -> Folded:
    """Replace each character by its plain form and drop invisible characters."""
    if _PLAIN.fullmatch(text):
        return Folded(text, range(len(text)), range(1, len(text) + 1))
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(text):
        start, end = match.span()
        piece = match[0]
        if _PLAIN.fullmatch(piece):
            out.append(piece)
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        elif plain := _plain_cluster(piece):
            out.append(plain)
            starts.extend([start] * len(plain))
            ends.extend([end] * len(plain))
    return Folded("".join(out), starts, ends)


@lru_cache(maxsize=8192)
def _plain_cluster(cluster: str) -> str:
    """Return the NFKC form of one character with its marks, without invisible and stacked marks."""
    composed = unicodedata.normalize("NFKC", cluster)
    kept = [c for c in composed if not _is_invisible(c)]
    if len(kept) > 1 and script_of(kept[0]) in (*_EUROPEAN, "DIGIT"):
        kept = [c for c in kept if not unicodedata.combining(c)]
    return "".join(_unstyled(c) for c in kept)


def _is_invisible(char: str) -> bool:
    kind = unicodedata.category(char)
    hidden = kind in ("Cf", "Cs", "Co") or (kind == "Cc" and char not in "\n\r\t")
    return hidden or char in _INVISIBLE or "\ufe00" <= char <= "\ufe0f"


def _unstyled(char: str) -> str:
    """Return the plain letter of a small capital or a letter sign, found by its Unicode name."""
    return char if char < "\u0262" else unstyled(char)


def _join_edits(text: str) -> Iterator[Edit]:
    """Yield edits that join ``s p a c e d`` or ``s.p.a.c.e.d`` words (three letters or more)."""
    if not _SPACED_END.search(text):
        return
    for match in _SPACED.finditer(text):
        signs = match[0].replace(match[2], "")
        letters = sum(c.isalpha() for c in signs)
        if letters >= 2 and letters * 2 >= len(signs):
            yield match.start(), match.end(), signs


def _leet_edits(text: str) -> Iterator[Edit]:
    """Yield edits that replace digits and signs inside words by the letters they stand for."""
    done = 0
    for found in _LEET_RUN.finditer(text):
        start = found.start()
        if start < done:
            continue
        while start > done and not text[start - 1].isspace():
            start -= 1
        blank = _BLANK.search(text, found.end())
        done = blank.start() if blank else len(text)
        if _LETTERS.search(text, start, done) and not _ADDRESS.match(text, start, done):
            yield from _leet_of_token(text[start:done], start)


def _leet_of_token(token: str, start: int) -> Iterator[Edit]:
    """Yield the edits of one token, which begins at ``start``."""
    for match in _LEET_WORD.finditer(token):
        for at, part in _cased_parts(match[0]):
            letters = sum(c.isalpha() for c in part)
            for run in _LEET_RUN.finditer(part):
                if not _is_leet(part, run.start(), run.end(), letters):
                    continue
                first, last = at + run.start(), at + run.end()
                beside = match[0][max(first - 1, 0) : first] + match[0][last : last + 1]
                if not any(map(_is_caseless, beside)):
                    begin = start + match.start() + first
                    yield begin, begin + len(run[0]), run[0].translate(_LEET)


def _cased_parts(word: str) -> Iterator[tuple[int, str]]:
    """Yield the parts of a word between letters of scripts without case, with their positions."""
    if word.isascii():
        yield 0, word
        return
    at = 0
    for caseless, chars in groupby(word, _is_caseless):
        part = "".join(chars)
        if not caseless:
            yield at, part
        at += len(part)


def _is_caseless(char: str) -> bool:
    """Return True for a letter of a script without case (Han, Kana, Hangul, Arabic, Thai, …).

    No digit looks like one of these letters, so a digit beside one is a number (``50万円``).
    """
    return char.isalpha() and char.lower() == char.upper()


def _is_leet(word: str, start: int, end: int, letters: int) -> bool:
    """Return True if the signs ``start:end`` are disguised letters, not a number or a price."""
    length, run = end - start, word[start:end]
    if start > 0 and end < len(word):
        return length <= 3 and letters >= 2
    if letters < 2 or set(run) & set("!|@€"):
        return False
    return length == 1 if start == 0 else length == 2 or (length == 1 and letters >= 3)


def _apply(folded: Folded, edits: list[Edit]) -> Folded:
    """Apply ordered edits; each new character keeps the range that it replaces."""
    if not edits:
        return folded
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, new in [*edits, (len(folded.text), len(folded.text), "")]:
        out += (folded.text[at:start], new)
        starts += folded.starts[at:start]
        ends += folded.ends[at:start]
        places = range(start, end) if len(new) == end - start else [start] * len(new)
        starts += [folded.starts[i] for i in places]
        ends += [folded.ends[i if len(new) == end - start else end - 1] for i in places]
        at = end
    return Folded("".join(out), starts, ends)
