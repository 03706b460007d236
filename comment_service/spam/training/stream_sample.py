"""A bounded sample, weighted to recent decisions, of any number of decisions.

:func:`choose_labels` chooses stored labels and reads few more texts than it keeps;
:class:`DecisionSample` follows a stream of decisions as they are made.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from random import Random
from typing import Protocol, TypeVar
from zlib import crc32

from comment_service.spam.features.reading import Reading
from comment_service.spam.training.site_model import Decision
from comment_service.text.folding import fold_key

#: Number of recent decisions that are all kept, and size of the random sample of older ones.
RECENT = 4_000
OLDER = 3_000
#: Maximum copies of one text; a flood of one advertisement must not displace the rest.
COPIES = 20
#: Maximum number of texts that are read to find the recent labels, and again for the older ones;
#: only floods of copies need more.
MAX_READ = 40_000
_BATCH = 1000


class StoredLabel(Protocol):
    """What choosing needs to know about a label; ids increase with time."""

    @property
    def id(self) -> int:
        """Return the label's id."""

    @property
    def text(self) -> str:
        """Return the labelled text."""

    @property
    def spam(self) -> bool:
        """Return the label."""


L = TypeVar("L", bound=StoredLabel)


def choose_labels(ids: Sequence[int], read: Callable[[Sequence[int]], Iterable[L]]) -> list[L]:
    """Return the labels to learn from, oldest first: the newest, and a sample of the older ones.

    The sample does not depend on chance: the next training gets nearly the same.

    Args:
        ids: the labels' ids, oldest first.
        read: returns the labels of some ids, in their order; it is called with few at a time.
    """
    copies: Counter[int] = Counter()
    order = array("q", reversed(ids))
    recent, done = _take(order[:MAX_READ], read, RECENT, copies)
    mixed = nsmallest(MAX_READ, order[done:], key=lambda number: crc32(b"%d" % number))
    older, _ = _take(mixed, read, OLDER, copies)
    return sorted([*older, *recent], key=lambda label: label.id)


def _take(
    order: Sequence[int],
    read: Callable[[Sequence[int]], Iterable[L]],
    wanted: int,
    copies: Counter[int],
) -> tuple[list[L], int]:
    """Return the first labels that are not yet there too often, and how many ids were read."""
    kept: list[L] = []
    done = 0
    while done < len(order) and len(kept) < wanted:
        batch = order[done : done + min(_BATCH, max(wanted - len(kept), _BATCH // 10))]
        for label in read(batch):
            key = _copy_key(label.text, spam=label.spam)
            copies[key] += 1
            if copies[key] > COPIES:
                continue
            kept.append(label)
            if len(kept) == wanted:
                return kept, done + list(batch).index(label.id) + 1
        done += len(batch)
    return kept, done


def _copy_key(text: str, *, spam: bool) -> int:
    """Return a key that is equal for copies and disguises of a text with the same label."""
    return crc32(fold_key(text[:400]).encode("utf-8", "surrogatepass")) * 2 + spam


@dataclass(frozen=True)
class _Kept:
    number: int
    item: Decision
    key: int


class DecisionSample:
    """Decisions to learn from: the most recent, and a uniform sample of the older ones.

    Memory is bounded whatever the number of decisions (Vitter, "Random Sampling with a Reservoir",
    1985).
    """

    def __init__(self, *, recent: int = RECENT, older: int = OLDER, seed: int = 1) -> None:
        self._recent: deque[_Kept] = deque()
        self._older: list[_Kept] = []
        self._limits = recent, older
        self._draw = Random(seed)  # noqa: S311 - no secret is drawn
        self._copies: Counter[int] = Counter()
        self._aged = 0
        self.seen = 0

    def add(self, item: Decision, reading: Reading) -> None:
        """Add one decision, in the order of time; texts with equal columns are copies."""
        self.seen += 1
        key = crc32(reading.distinct.tobytes()) * 2 + item.spam
        if self._copies[key] >= COPIES:
            return
        self._copies[key] += 1
        self._recent.append(_Kept(self.seen, item, key))
        if len(self._recent) > self._limits[0]:
            self._age(self._recent.popleft())

    def decisions(self) -> list[Decision]:
        """Return the sample, oldest first."""
        older = sorted(self._older, key=lambda kept: kept.number)
        return [kept.item for kept in (*older, *self._recent)]

    def newer_than(self, number: int) -> int:
        """Return how many of the sample came after the first ``number`` added ones."""
        return sum(kept.number > number for kept in (*self._older, *self._recent))

    def _age(self, kept: _Kept) -> None:
        """Move a decision from the recent ones to the sample of older ones."""
        self._aged += 1
        if len(self._older) < self._limits[1]:
            self._older.append(kept)
            return
        dropped = kept
        place = self._draw.randrange(self._aged)
        if place < self._limits[1]:
            dropped, self._older[place] = self._older[place], kept
        self._copies[dropped.key] -= 1
        if not self._copies[dropped.key]:
            del self._copies[dropped.key]
