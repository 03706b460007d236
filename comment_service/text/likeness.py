"""The folded keys by which near-duplicate texts (copies in a campaign) are found.

A key is the folded text without its links, so that disguises and exchanged URLs make no
difference. Short texts belong to no campaign.
"""

from typing import NamedTuple

from comment_service.text import links
from comment_service.text.folding import fold_key

MIN_KEY_LENGTH, MAX_KEY_LENGTH = 40, 500
"""Minimum and maximum length of a key in characters."""

MAX_REMEMBERED = 4_000
"""The campaigns of a site that are compared: those that were seen last."""


def likeness_key(text: str) -> str:
    """Return the key by which copies of a text are found; "" if the text is too short."""
    for url in links.urls(text):
        text = text.replace(url, " ")
    key = fold_key(text)[:MAX_KEY_LENGTH]
    return key if len(key) >= MIN_KEY_LENGTH else ""


class Near(NamedTuple):
    """The result of a search: the most similar campaign, if any, among those up to ``last``."""

    number: int | None
    similarity: float
    last: int
