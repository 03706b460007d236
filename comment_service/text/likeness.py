"""Find near-duplicate texts (copies in a campaign) by their folded keys.

A key is the folded text without its links, so that disguises and exchanged URLs make no
difference. Two keys are near-duplicates if at least four fifths of their characters agree in order
(the normalised InDel similarity that rapidfuzz computes). Short texts belong to no campaign.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from comment_service.text import links
from comment_service.text.folding import fold_key

MIN_SIMILARITY = 80.0
"""Minimum similarity, in percent, of two keys of one campaign."""

MIN_KEY_LENGTH, MAX_KEY_LENGTH = 40, 500
"""Minimum and maximum length of a key in characters."""

MAX_REMEMBERED = 4_000


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


class CampaignIndex:
    """Index of recently seen texts, one key per campaign; a lookup among 4,000 takes about 2 ms.

    A lookup that finds a campaign marks it as recently seen, so active campaigns are not forgotten.
    """

    def __init__(self, remembered: int = MAX_REMEMBERED) -> None:
        self._keys: OrderedDict[int, str] = OrderedDict()
        self._remembered = remembered
        self.last = 0  # the highest number so far

    def add(self, number: int, key: str) -> None:
        """Add a campaign's first text under its number."""
        self.last = max(self.last, number)
        if key:
            self._keys[number] = key
            self._keys.move_to_end(number)
        while len(self._keys) > self._remembered:
            self._keys.popitem(last=False)

    def extend(self, found: Iterable[tuple[int, str]]) -> None:
        """Add many campaigns, the oldest first."""
        for number, key in found:
            self.add(number, key)

    def find(self, key: str, near: Near | None = None) -> int | None:
        """Return the number of the campaign that a key belongs to, or None if it is new.

        ``near`` is an earlier search for the key; then only later campaigns are compared.
        """
        found = self.search(key, near).number
        if found is not None and found in self._keys:
            self._keys.move_to_end(found)
        return found

    def search(self, key: str, near: Near | None = None) -> Near:
        """Return the campaign that is most similar to a key; see ``find``."""
        from rapidfuzz import fuzz, process

        if not key:
            return Near(None, 0.0, self.last)
        keys: Mapping[int, str] = self._keys
        if near is not None:
            keys = {number: self._keys[number] for number in self._after(near.last)}
        found = process.extractOne(key, keys, scorer=fuzz.ratio, score_cutoff=MIN_SIMILARITY)
        if found is None or (near is not None and found[1] <= near.similarity):
            known = (near.number, near.similarity) if near is not None else (None, 0.0)
            return Near(*known, self.last)
        return Near(int(found[2]), float(found[1]), self.last)

    def _after(self, last: int) -> Sequence[int]:
        """Return the numbers of campaigns after one, the oldest first.

        New ones stand at the end, among those that were found again since.
        """
        if last >= self.last:
            return []
        return [number for number in self._keys if number > last]
