"""Which rows are held out together, so that a model is judged on what it has not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from zlib import crc32

from comment_service.spam.duplicates import clusters
from comment_service.spam.examples import Example

#: Source of rows written to train on: never held out, never part of a figure.
MADE = "made"


def group_of(example: Example) -> str:
    """Return what the example must stay together with: its group, else page, else source."""
    return example.group or example.page or example.source


def assign_folds(examples: Sequence[Example], folds: int) -> list[int]:
    """Return the fold of each example, -1 for made ones; groups stay whole, the largest first.

    Where fewer than two groups are known, or one fold would hold every row of a label, the rows
    are spread by clusters of near-duplicates instead, so that copies of one text stay together.
    """
    real = [example for example in examples if example.source != MADE]
    placed = iter(_assign_real(real, folds))
    return [-1 if example.source == MADE else next(placed) for example in examples]


def _assign_real(examples: Sequence[Example], folds: int) -> list[int]:
    groups = [group_of(example) for example in examples]
    sizes = Counter(groups)
    if len(sizes) >= 2:
        placed = _place(sizes, min(folds, len(sizes)))
        assigned = [placed[group] for group in groups]
        if _each_can_be_left_out(examples, assigned):
            return assigned
    numbers = clusters([example.text for example in examples])
    return [crc32(str(number).encode()) % folds for number in numbers]


def _place(sizes: Counter[str], folds: int) -> dict[str, int]:
    """Place each group in the fold that is smallest so far."""
    filled = [0] * folds
    placed = {}
    for group, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        smallest = min(range(folds), key=lambda fold: (filled[fold], fold))
        placed[group] = smallest
        filled[smallest] += size
    return placed


def _each_can_be_left_out(examples: Sequence[Example], assigned: Sequence[int]) -> bool:
    """Tell whether both labels remain whichever fold is left out."""
    homes: dict[bool, set[int]] = {True: set(), False: set()}
    for example, fold in zip(examples, assigned, strict=True):
        homes[bool(example.spam)].add(fold)
    return all(len(found) >= 2 for found in homes.values())
