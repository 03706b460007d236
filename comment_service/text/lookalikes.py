"""Replace look-alike letters in mixed-script words by letters of the script they imitate.

The table is Unicode's list of confusables (UTS #39) as packaged by confusable-homoglyphs. It is
loaded at the first text that is not plain ASCII. Words in a single genuine script stay unchanged.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Scripts without spaces legitimately occur next to Latin words, so they end a word here.
_UNSPACED = "\u3005-\u3006\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[^\s!-/:-@\[-`{{-~{_UNSPACED}]+")

_STYLED = re.compile(
    r"(?:LATIN LETTER SMALL|NEGATIVE SQUARED LATIN|NEGATIVE CIRCLED LATIN) CAPITAL (?:LETTER )?(\w)"
    r"|REGIONAL INDICATOR SYMBOL LETTER (\w)"
)

#: Start and end of a half-open range of a text, and its replacement.
Edit = tuple[int, int, str]


@lru_cache(maxsize=8192)
def script_of(char: str) -> str:
    """Return a character's script: the first word of its Unicode name."""
    return unicodedata.name(char, "?").split(" ", 1)[0]


@lru_cache(maxsize=1)
def _lookalikes() -> dict[str, str]:
    """Return look-alike → ASCII letter or digit, from Unicode's confusables (UTS #39)."""
    from confusable_homoglyphs.confusables import confusables_data

    table: dict[str, str] = {}
    for target, shown in [*((c, c) for c in map(chr, range(48, 123)) if c.isalnum()), ("rn", "m")]:
        for entry in confusables_data.get(target, ()):
            char = unicodedata.normalize("NFKC", entry["c"].strip("\u200e\u200f"))
            if len(char) == 1 and not char.isascii():
                table.setdefault(char, shown)
    for char, shown in table.items():
        # The confusables map capital I to l; the lower-case letter shows which one is meant.
        if shown == "l" and table.get(char.lower()) == "i":
            table[char] = "I"
    return table


def unstyled(char: str) -> str:
    """Return the plain letter of a small capital or a letter sign, found by its Unicode name."""
    match = _STYLED.fullmatch(unicodedata.name(char, ""))
    return (match[1] or match[2]).lower() if match else char


@lru_cache(maxsize=8192)
def plain_letter(char: str) -> str:
    """Return the ASCII letter or digit that a character looks like, or else the character."""
    if char.isascii():
        return char
    if (letter := unstyled(char)) != char:
        return letter
    table = _lookalikes()
    return table.get(char) or table.get(char.upper()) or char


@lru_cache(maxsize=4)
def _native_letters(script: str) -> dict[int, str]:
    """Return the translation table from ASCII to the look-alikes of one alphabet."""
    letters: dict[int, str] = {}
    for char, shown in sorted(_lookalikes().items()):
        if script_of(char) == script and (char.islower() == shown.islower() or shown.isdigit()):
            letters.setdefault(ord(shown), char.lower() if shown.isdigit() else char)
    return letters


@dataclass(frozen=True)
class _Letters:
    """Numbers of unambiguous letters: Latin (``ascii``), and others by script (``hard``)."""

    ascii: int
    hard: dict[str, int]

    @classmethod
    def of(cls, text: str) -> _Letters:
        hard: dict[str, int] = {}
        ascii_count = 0
        table = _lookalikes()
        for char, count in Counter(text).items():
            if char.isascii():
                ascii_count += count * char.isalpha()
            elif char.isalpha() and char not in table:
                script = script_of(char)
                hard[script] = hard.get(script, 0) + count
        return cls(ascii_count, hard)

    def native(self) -> str | None:
        """Return the alphabet other than Latin with the most letters: Cyrillic, Greek or None."""
        other = {s: n for s, n in self.hard.items() if s in ("CYRILLIC", "GREEK")}
        return max(other, key=lambda s: other[s]) if other else None


def unmix_edits(text: str) -> Iterator[Edit]:
    """Yield edits that rewrite mixed-script words in the script they imitate."""
    if text.isascii():
        return
    whole = _Letters.of(text)
    for match in _WORD.finditer(text):
        word = match[0]
        if word.isascii() or _is_at_home(word, whole):
            continue
        if (plain := _unmixed(word, whole)) != word:
            yield match.start(), match.end(), plain


def _is_at_home(word: str, whole: _Letters) -> bool:
    """Return True if the word is in a single script that the text genuinely uses."""
    scripts = {script_of(char) for char in word}
    return len(scripts) == 1 and scripts <= whole.hard.keys() - {"LATIN"}


def _unmixed(word: str, whole: _Letters) -> str:
    table = _lookalikes()
    found = {c for c in word if c in table}
    own = _Letters.of(word)
    native = own.native() or (whole.native() if whole.hard.get("LATIN", 0) == 0 else None)
    ascii_signs = sum(c.isascii() for c in word)
    if native and (own.hard.get(native) or (found and whole.hard[native] > whole.ascii)):
        return word.translate(_native_letters(native)) if ascii_signs else word
    strange = sum(n for script, n in own.hard.items() if script != "LATIN")
    if not found or strange * 3 > len(word):
        return word
    scripts = {script_of(c) for c in found}
    latin = own.ascii or own.hard.get("LATIN") or len(scripts) > 1
    # A word that consists of look-alikes is a disguise only if the text has no other such letters.
    disguised = whole.ascii and not any(script in whole.hard for script in scripts)
    return "".join(table.get(c, c) for c in word) if latin or disguised else word
