"""Look-alike letters in mixed-script words brought back to the script they pretend to be in.

The table is Unicode's own list of confusables (UTS #39) as packaged by confusable-homoglyphs,
loaded at the first text that is not plain ASCII. Words of one honest script stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Scripts written without spaces stand beside Latin words honestly, so they end a word here.
_UNSPACED = "\u3005-\u3006\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[^\s!-/:-@\[-`{{-~{_UNSPACED}]+")

#: Half-open range of a text and what replaces it.
Edit = tuple[int, int, str]


@lru_cache(maxsize=8192)
def script_of(char: str) -> str:
    """Return the script as the first word of the character's Unicode name."""
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
        # The confusables draw capital I as l; the small letter tells which is meant.
        if shown == "l" and table.get(char.lower()) == "i":
            table[char] = "I"
    return table


@lru_cache(maxsize=4)
def _native_letters(script: str) -> dict[int, str]:
    """Return the translation of ASCII into the look-alikes of one alphabet."""
    letters: dict[int, str] = {}
    for char, shown in sorted(_lookalikes().items()):
        if script_of(char) == script and (char.islower() == shown.islower() or shown.isdigit()):
            letters.setdefault(ord(shown), char.lower() if shown.isdigit() else char)
    return letters


@dataclass(frozen=True)
class _Letters:
    """How many letters of a text can only be Latin, or only of another alphabet."""

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
        """Return the alphabet other than Latin that has most letters, if it has a case pair."""
        other = {s: n for s, n in self.hard.items() if s in ("CYRILLIC", "GREEK")}
        return max(other, key=lambda s: other[s]) if other else None


def unmix_edits(text: str) -> Iterator[Edit]:
    """Yield words of mixed scripts rewritten in the script they pretend to be in."""
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
    """Tell whether the word is of one script that the text is truly written in."""
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
    # A word wholly of look-alikes is a disguise only where that script is otherwise absent.
    disguised = whole.ascii and not any(script in whole.hard for script in scripts)
    return "".join(table.get(c, c) for c in word) if latin or disguised else word
