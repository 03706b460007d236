"""Texts that say nearly the same: the copies of a campaign, found by their folded keys.

A key is the folded text without its links, so that disguises and exchanged addresses make no
difference. Two keys are alike when at least four fifths of their characters agree in order (the
normalised InDel similarity that rapidfuzz computes). What is short is nobody's campaign.
"""

from collections import OrderedDict
from collections.abc import Iterable

from comment_service.text import links
from comment_service.text.folding import fold_key

ALIKE = 80.0
"""Per cent of agreement from which two keys are of one campaign."""

SHORTEST, LONGEST = 40, 500
"""Characters of a key: below, equality says nothing; beyond, nothing new."""

REMEMBERED = 4_000


def likeness_key(text: str) -> str:
    """Return the key by which copies of a text are found; "" where it is too short for one."""
    for url in links.urls(text):
        text = text.replace(url, " ")
    key = fold_key(text)[:LONGEST]
    return key if len(key) >= SHORTEST else ""


class Campaigns:
    """The texts seen lately, one key a campaign; about 2 ms a question among 4,000.

    A campaign that goes on is not forgotten: its latest copy counts as seen just now.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._keys: OrderedDict[int, str] = OrderedDict()
        self._remembered = remembered

    def add(self, number: int, key: str) -> None:
        """Remember a campaign's first text under its number."""
        if key:
            self._keys[number] = key
            self._keys.move_to_end(number)
        while len(self._keys) > self._remembered:
            self._keys.popitem(last=False)

    def extend(self, found: Iterable[tuple[int, str]]) -> None:
        """Remember many, the oldest first."""
        for number, key in found:
            self.add(number, key)

    def find(self, key: str) -> int | None:
        """Return the number of the campaign that a key belongs to; None where it is new."""
        if not key:
            return None
        from rapidfuzz import fuzz, process

        found = process.extractOne(key, self._keys, scorer=fuzz.ratio, score_cutoff=ALIKE)
        if found is None:
            return None
        number = int(found[2])
        self._keys.move_to_end(number)
        return number
