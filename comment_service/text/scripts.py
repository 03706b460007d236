"""The script that a text is written in."""

from collections import Counter

from comment_service.text.lookalikes import script_of

_ONE = {"HIRAGANA": "CJK", "KATAKANA": "CJK"}
_LETTERS = 12
"""Letters below which a text's script says nothing."""


def script(text: str) -> str:
    """Return the script of most letters of a text, as in Unicode's names ("LATIN", "CYRILLIC").

    Chinese and Japanese count as one, "CJK". "" where there are few letters or none prevails.
    """
    counts: Counter[str] = Counter()
    for char, count in Counter(text[:2000]).items():
        if char.isalpha():
            found = script_of(char)
            counts[_ONE.get(found, found)] += count
    total = sum(counts.values())
    if total < _LETTERS:
        return ""
    name, most = counts.most_common(1)[0]
    return name if most * 3 >= total * 2 else ""
