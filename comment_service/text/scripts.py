"""Detect the script that a text is written in."""

from collections import Counter

from comment_service.text.lookalikes import script_of

_ONE = {"HIRAGANA": "CJK", "KATAKANA": "CJK"}
_MIN_LETTERS = 12
"""Minimum number of letters for detecting a text's script."""


def dominant_script(text: str) -> str:
    """Return the script of at least two thirds of a text's letters ("LATIN", "CYRILLIC", …).

    Names are those of Unicode; Chinese and Japanese count as one, "CJK". Returns "" for texts with
    few letters or without a dominant script.
    """
    beginning = text[:2000]
    if beginning.isascii():
        return "LATIN" if sum(map(str.isalpha, beginning)) >= _MIN_LETTERS else ""
    counts: Counter[str] = Counter()
    for char, count in Counter(beginning).items():
        if char.isalpha():
            found = script_of(char)
            counts[_ONE.get(found, found)] += count
    total = sum(counts.values())
    if total < _MIN_LETTERS:
        return ""
    name, most = counts.most_common(1)[0]
    return name if most * 3 >= total * 2 else ""
