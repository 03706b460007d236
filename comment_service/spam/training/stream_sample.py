"""A bounded sample, weighted to recent decisions, of a stream of any length."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

from comment_service.spam.training.site_model import Decision

T = TypeVar("T")

#: Number of recent decisions that are all kept, and size of the random sample of older ones.
RECENT = 4_000
OLDER = 3_000
#: Maximum copies of one text; a flood of one advertisement must not displace the rest.
COPIES = 20


@dataclass(frozen=True)
class _Kept(Generic[T]):
    number: int
    key: int
    item: T


class LabelSample(Generic[T]):
    """Decisions to learn from: the most recent, and a uniform sample of the older ones.

    Memory is bounded whatever the number of decisions (Vitter, "Random Sampling with a Reservoir",
    1985). The caller chooses the type of item: labelled comments (to sample a long stream before
    preparing any), or prepared decisions.
    """

    def __init__(self, *, recent: int = RECENT, older: int = OLDER, seed: int = 1) -> None:
        self._recent: deque[_Kept[T]] = deque()
        self._older: list[_Kept[T]] = []
        self._limits = recent, older
        self._draw = Random(seed)  # noqa: S311 - no secret is drawn
        self._copies: Counter[int] = Counter()
        self._aged = 0
        self.seen = 0

    def add(self, item: T, *, key: int) -> None:
        """Add one decision, in the order of time; ``key`` is equal for copies of one text."""
        self.seen += 1
        if self._copies[key] >= COPIES:
            return
        self._copies[key] += 1
        self._recent.append(_Kept(self.seen, key, item))
        if len(self._recent) > self._limits[0]:
            self._age(self._recent.popleft())

    def decisions(self) -> list[T]:
        """Return the sample, oldest first."""
        older = sorted(self._older, key=lambda kept: kept.number)
        return [kept.item for kept in (*older, *self._recent)]

    def newer_than(self, number: int) -> int:
        """Return how many of the sample came after the first ``number`` added ones."""
        return sum(kept.number > number for kept in (*self._older, *self._recent))

    def _age(self, kept: _Kept[T]) -> None:
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


class DecisionSample(LabelSample[Decision]):
    """A sample of prepared decisions, which carry their own key."""

    def add(self, item: Decision, *, key: int | None = None) -> None:
        """Add one decision, in the order of time."""
        super().add(item, key=item.key if key is None else key)

    def extend(self, decisions: Iterable[Decision]) -> None:
        """Add many decisions, in the order of time."""
        for decision in decisions:
            self.add(decision)
