"""A bounded sample of a site's decisions, recent ones first, from a stream of any length."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from random import Random

from comment_service.spam.site import Decision

#: Recent decisions kept whole, and older ones kept by chance.
RECENT = 8_000
OLDER = 8_000
#: Copies of one text that are kept; a flood of one advertisement must not crowd out the rest.
COPIES = 20


class DecisionSample:
    """Decisions to learn from: the most recent, and a uniform sample of those before.

    Memory is bounded whatever the number of decisions (Vitter, "Random Sampling with a Reservoir",
    1985): at most 16,000 comments.
    """

    def __init__(self, *, recent: int = RECENT, older: int = OLDER, seed: int = 1) -> None:
        self._recent: deque[Decision] = deque()
        self._older: list[Decision] = []
        self._limits = recent, older
        self._draw = Random(seed)  # noqa: S311 - no secret is drawn
        self._copies: Counter[int] = Counter()
        self._aged = 0
        self.seen = 0

    def add(self, decision: Decision) -> None:
        """Take one decision; call in the order of time."""
        self.seen += 1
        if self._copies[decision.key] >= COPIES:
            return
        self._copies[decision.key] += 1
        self._recent.append(decision)
        if len(self._recent) > self._limits[0]:
            self._age(self._recent.popleft())

    def extend(self, decisions: Iterable[Decision]) -> None:
        """Take many decisions in the order of time."""
        for decision in decisions:
            self.add(decision)

    def decisions(self) -> list[Decision]:
        """Return what is kept, oldest first."""
        return [*sorted(self._older, key=lambda kept: kept.created), *self._recent]

    def _age(self, kept: Decision) -> None:
        """Move a decision from the recent ones into the sample of the older."""
        self._aged += 1
        dropped = kept
        if len(self._older) < self._limits[1]:
            self._older.append(kept)
            return
        place = self._draw.randrange(self._aged)
        if place < self._limits[1]:
            dropped, self._older[place] = self._older[place], kept
        self._copies[dropped.key] -= 1
        if not self._copies[dropped.key]:
            del self._copies[dropped.key]
