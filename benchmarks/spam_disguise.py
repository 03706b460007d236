"""Disguises used by spammers, to measure their effect on the filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from confusable_homoglyphs.confusables import confusables_data

LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "l": "1", "b": "8"}
_MATHS = (0x1D41A, 0x1D44E, 0x1D482, 0x1D4EA, 0x1D586, 0x1D5BA, 0x1D5EE, 0x1D68A)


def homoglyphs(text: str, draw: Random) -> str:
    """Replace 30 % of the letters by look-alikes drawn from all Unicode confusables."""

    def change(char: str) -> str:
        found = [e["c"] for e in confusables_data.get(char, ()) if len(e["c"].strip("\u200e")) == 1]
        return draw.choice(found) if found and char.isalpha() and draw.random() < 0.3 else char

    return _outside_links(text, lambda word: "".join(map(change, word)))


def zero_width(text: str, draw: Random) -> str:
    """Insert invisible characters between letters."""
    hidden = "\u200b\u200c\u200d\u2060\u00ad\ufeff"
    return "".join(c + (draw.choice(hidden) if draw.random() < 0.3 else "") for c in text)


def mathematical(text: str, draw: Random) -> str:
    """Write in one of the mathematical alphabets."""
    start = draw.choice(_MATHS)

    def change(char: str) -> str:
        if not ("a" <= char <= "z" or "A" <= char <= "Z"):
            return char
        shift = ord(char) - 97 if char.islower() else ord(char) - 65 - 26
        code = start + shift
        return "ℎ" if code == 0x1D455 else chr(code)

    return _outside_links(text, lambda word: "".join(map(change, word)))


def leet(text: str, draw: Random) -> str:
    """Replace 30 % of the replaceable letters by a digit or sign."""

    def change(char: str) -> str:
        signs = LEET.get(char.lower())
        return draw.choice(signs) if signs and draw.random() < 0.3 else char

    return _outside_links(text, lambda word: "".join(map(change, word)))


def spaced(text: str, draw: Random) -> str:
    """Insert spaces between the letters of words with four or more letters."""
    sign = draw.choice(" .-_*")
    return _outside_links(text, lambda w: sign.join(w) if len(w) >= 4 and w.isalpha() else w)


def typos(text: str, draw: Random) -> str:
    """Change, drop, double or swap one letter in every word with four or more letters."""

    def change(word: str) -> str:
        if len(word) < 4:
            return word
        at = draw.randrange(len(word) - 1)
        kind = draw.randrange(4)
        middle = (
            "",
            word[at] * 2,
            word[at + 1] + word[at],
            draw.choice("abcdefghijklmnopqrstuvwxyz"),
        )
        return word[:at] + middle[kind] + word[at + 1 + (kind == 2) :]

    return _outside_links(text, change)


def _outside_links(text: str, change: Callable[[str], str]) -> str:
    words = text.split(" ")
    return " ".join(w if "://" in w or "www." in w else change(w) for w in words)


def every(texts: Sequence[str], honest: Sequence[str], seed: int = 5) -> dict[str, list[str]]:
    """Return each text under each disguise; the last disguise appends two honest comments."""
    draw = Random(seed)  # noqa: S311 - no secret is drawn
    kinds = (homoglyphs, zero_width, mathematical, leet, spaced, typos)
    changed = {kind.__name__: [kind(text, draw) for text in texts] for kind in kinds}
    changed["two honest appended"] = [
        f"{text} {draw.choice(honest)} {draw.choice(honest)}" for text in texts
    ]
    return changed
