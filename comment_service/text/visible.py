"""Recognise texts without a visible character."""

import unicodedata
from html import unescape

BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
"""Letters and signs without a picture: Hangul fillers, Braille blank, null notehead."""
_UNSEEN = ("C", "M", "Z")  # controls and formats, marks without a base, white space


def has_visible(text: str) -> bool:
    """Return True if a text has a character that readers can see."""
    return any(c not in BLANKS and unicodedata.category(c)[0] not in _UNSEEN for c in text)


def renders_visibly(source: str) -> bool:
    """Return True if a Markdown text has a visible character; ``&nbsp;`` alone has none."""
    return has_visible(unescape(source))
