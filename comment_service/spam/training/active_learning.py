"""Active learning: choose which comments a moderator should review first."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from random import Random

from comment_service.spam.training.duplicates import clusters
from comment_service.text.sentences import staff_sentence

#: Maximum number of texts compared with each other; those nearest to the threshold come first.
_MAX_COMPARED = 2000


@dataclass(frozen=True)
class Candidate:
    """A comment that may be selected: its key, text and probability of spam."""

    key: Hashable
    text: str
    probability: float


@dataclass(frozen=True)
class Selection:
    """A selected comment and the reason why.

    ``chance`` is the probability with which the comment was drawn; it is set for the random part
    only. Weighting each such comment by 1 / chance keeps a measured error rate unbiased (Horvitz
    and Thompson, 1952).
    """

    key: Hashable
    why: str
    alike: int = 1
    chance: float | None = None


def select_for_review(
    candidates: Sequence[Candidate], hold_at: float, *, count: int = 20, seed: int = 1
) -> list[Selection]:
    """Select up to ``count`` comments: about half near the threshold, a quarter for campaigns.

    The last quarter is a uniform random sample of all candidates. It is drawn first, so that error
    rates measured on it are valid for all candidates.
    """
    draw = Random(seed)  # noqa: S311 - no secret is drawn
    size = min(count, len(candidates))
    drawn = draw.sample(range(len(candidates)), max(size // 4, min(size, 1)))
    chance = len(drawn) / len(candidates) if candidates else 0.0
    found = [
        Selection(candidates[row].key, staff_sentence("drawn at random"), chance=chance)
        for row in drawn
    ]
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
            found.append(Selection(candidates[row].key, staff_sentence("near the threshold")))
    return found


def _campaigns(
    candidates: Sequence[Candidate], order: Sequence[int], count: int, taken: set[int]
) -> list[Selection]:
    """Return one comment for each of the largest groups of near-duplicates; update ``taken``."""
    compared = order[:_MAX_COMPARED]
    numbers = clusters([candidates[row].text for row in compared])
    groups: dict[int, list[int]] = {}
    for row, number in zip(compared, numbers, strict=True):
        groups.setdefault(number, []).append(row)
    largest = sorted((g for g in groups.values() if len(g) > 1), key=lambda g: (-len(g), g[0]))
    found = []
    for group in largest[:count]:
        taken.update(group)
        found.append(
            Selection(
                candidates[group[0]].key, staff_sentence("one of many alike"), alike=len(group)
            )
        )
    return found
