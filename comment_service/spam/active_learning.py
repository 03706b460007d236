"""Which comments a person should look at first, so that few looks teach much."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from comment_service.spam.duplicates import clusters

#: Most texts compared with one another; the nearest to the threshold come first.
_MAX_COMPARED = 2000


@dataclass(frozen=True)
class Candidate:
    """A comment that may be picked: its key, text and probability."""

    key: Hashable
    text: str
    probability: float


@dataclass(frozen=True)
class Pick:
    """A comment to look at and why.

    ``chance`` is the probability with which it was drawn, for the random part only: weighing each
    by 1 / chance keeps a measured error rate unbiased (Horvitz and Thompson, 1952).
    """

    key: Hashable
    why: Literal["near the threshold", "one of many alike", "drawn at random"]
    alike: int = 1
    chance: float | None = None


def picks(
    candidates: Sequence[Candidate], hold_at: float, *, count: int = 20, seed: int = 1
) -> list[Pick]:
    """Return up to ``count`` comments: about half near the threshold, a quarter for campaigns.

    The last quarter is drawn evenly from all candidates, first of all, so that what it measures is
    true of all of them.
    """
    draw = Random(seed)  # noqa: S311 - no secret is drawn
    size = min(count, len(candidates))
    drawn = draw.sample(range(len(candidates)), max(size // 4, min(size, 1)))
    chance = len(drawn) / len(candidates) if candidates else 0.0
    found = [Pick(candidates[row].key, "drawn at random", chance=chance) for row in drawn]
    taken = set(drawn)
    order = sorted(
        (row for row in range(len(candidates)) if row not in taken),
        key=lambda row: abs(candidates[row].probability - hold_at),
    )
    found += _campaigns(candidates, order, size // 4, taken)
    for row in order:
        if len(found) >= size:
            break
        if row not in taken:
            found.append(Pick(candidates[row].key, "near the threshold"))
    return found


def _campaigns(
    candidates: Sequence[Candidate], order: Sequence[int], count: int, taken: set[int]
) -> list[Pick]:
    """Return one comment for each of the largest groups of copies; marks the groups as taken."""
    compared = order[:_MAX_COMPARED]
    numbers = clusters([candidates[row].text for row in compared])
    groups: dict[int, list[int]] = {}
    for row, number in zip(compared, numbers, strict=True):
        groups.setdefault(number, []).append(row)
    largest = sorted((g for g in groups.values() if len(g) > 1), key=lambda g: (-len(g), g[0]))
    found = []
    for group in largest[:count]:
        taken.update(group)
        found.append(Pick(candidates[group[0]].key, "one of many alike", alike=len(group)))
    return found
