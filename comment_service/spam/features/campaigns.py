"""Find the campaign of a text: an earlier text that is nearly the same.

Two keys (``text/likeness.py``) are near-duplicates if at least four fifths of their characters
agree in order (the normalised InDel similarity that rapidfuzz computes) and they have enough
trigrams in common, which is found for thousands of keys at once.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING

from comment_service.spam.features.hashing import gram_keys, mix
from comment_service.text.likeness import MAX_REMEMBERED, Near

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

MIN_SIMILARITY = 80.0
"""Minimum similarity, in percent, of two keys of one campaign."""

MIN_COMMON = 0.45
"""Minimum share of the trigrams of the key that has fewer; the same text with a letter added to
each word has at least half."""

MAX_COMPARED = 200
"""Keys that are compared in full; of more, those with most trigrams in common."""

_BITS = 2_048


class Trigrams:
    """The trigrams of many keys, one column of bits each; a hash says which bit a trigram sets."""

    def __init__(self) -> None:
        import numpy as np

        self._bits: Words = np.zeros((_BITS // 64, 64), dtype=np.uint64)  # summed fast by rows
        self._numbers = np.zeros(64, dtype=np.uint16)  # of bits that are set

    def set(self, place: int, key: str) -> None:
        """Store a key at a place, instead of the one that was there, or at the next free one."""
        import numpy as np

        if place == len(self._numbers):
            self._bits = np.concatenate([self._bits, np.zeros_like(self._bits)], axis=1)
            self._numbers = np.concatenate([self._numbers, np.zeros_like(self._numbers)])
        self._bits[:, place] = _trigrams(key)
        self._numbers[place] = np.bitwise_count(self._bits[:, place]).sum()

    def near(self, key: str, among: Sequence[int] | None = None) -> list[int]:
        """Return the places, of all or some, of keys that have enough trigrams in common with one.

        If these are too many, as in texts of few words in any order, the nearest of them.
        """
        import numpy as np

        bits, numbers = self._bits, self._numbers
        if among is not None:
            bits, numbers = bits[:, among], numbers[among]
        own = _trigrams(key)
        common = np.bitwise_count(bits & own[:, np.newaxis]).sum(axis=0, dtype=np.uint16)
        fewer = np.minimum(numbers, np.bitwise_count(own).sum(dtype=np.uint16))
        near = np.flatnonzero(common >= np.maximum(MIN_COMMON * fewer, 1))
        if len(near) > MAX_COMPARED:
            shares = common[near] / fewer[near]
            near = np.sort(near[np.argpartition(shares, -MAX_COMPARED)[-MAX_COMPARED:]])
        found: list[int] = near.tolist()
        return found if among is None else [among[at] for at in found]


@lru_cache(maxsize=64)
def _trigrams(key: str) -> Words:
    """Return the bits of a key, which is searched twice and then added."""
    import numpy as np

    bits = np.zeros(_BITS, dtype=np.uint8)
    for _size, keys in gram_keys(key, (3, 3)):
        bits[mix(keys, _BITS)] = 1
    return np.packbits(bits).view(np.uint64)


class CampaignIndex:
    """Index of recently seen texts, one key per campaign.

    A lookup compares only keys that have enough trigrams in common. If it finds a campaign, it
    marks it as recently seen, so active campaigns are not forgotten.
    """

    def __init__(self, remembered: int = MAX_REMEMBERED) -> None:
        self._keys: OrderedDict[int, str] = OrderedDict()
        self._trigrams: Trigrams | None = None  # with the first key
        self._places: dict[int, int] = {}  # of each number
        self._numbers: list[int] = []  # of each place
        self._added: deque[int] = deque(maxlen=remembered)  # numbers, the oldest first
        self._remembered = remembered
        self.last = 0  # the highest number so far

    def add(self, number: int, key: str) -> None:
        """Add a campaign's first text under its number, which is higher than those before."""
        self.last = max(self.last, number)
        if key:
            self._keys[number] = key
            self._keys.move_to_end(number)
            self._added.append(number)
            self._place(number, key)

    def _place(self, number: int, key: str) -> None:
        """Give a number a place: its own, the oldest campaign's, or a new one."""
        if self._trigrams is None:
            self._trigrams = Trigrams()
        place = self._places.get(number)
        if place is None and len(self._keys) > self._remembered:
            oldest, _key = self._keys.popitem(last=False)
            place = self._places.pop(oldest)
            self._numbers[place] = number
        if place is None:
            place = len(self._numbers)
            self._numbers.append(number)
        self._places[number] = place
        self._trigrams.set(place, key)

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

        if not key or self._trigrams is None:
            return Near(None, 0.0, self.last)
        places = self._trigrams.near(key, None if near is None else self._after(near.last))
        keys = {self._numbers[place]: self._keys[self._numbers[place]] for place in places}
        found = process.extractOne(key, keys, scorer=fuzz.ratio, score_cutoff=MIN_SIMILARITY)
        if found is None or (near is not None and found[1] <= near.similarity):
            known = (near.number, near.similarity) if near is not None else (None, 0.0)
            return Near(*known, self.last)
        return Near(int(found[2]), float(found[1]), self.last)

    def _after(self, last: int) -> Sequence[int]:
        """Return the places of the campaigns that were added after one."""
        later = takewhile(lambda number: number > last, reversed(self._added))
        return [self._places[number] for number in later if number in self._places]
