"""Assign rows to folds, so that a model is evaluated on groups it was not trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from zlib import crc32

from comment_service.spam.features.examples import Example
from comment_service.spam.training.duplicates import clusters

#: Source of synthetic training rows: never held out, never part of a figure.
SYNTHETIC = "made"


def group_of(example: Example) -> str:
    """Return the group that an example must stay in: its group, else its page, else its source."""
    return example.group or example.page or example.source


def assign_folds(examples: Sequence[Example], folds: int) -> list[int]:
    """Return the fold of each example, -1 for synthetic ones; groups stay whole, the largest first.

    If there are fewer than two groups, or if one fold would hold every row of a label, clusters of
    near-duplicates take the place of groups, so that copies of one text stay together.
    """
    real = [example for example in examples if example.source != SYNTHETIC]
    placed = iter(_assign_real(real, folds))
    return [-1 if example.source == SYNTHETIC else next(placed) for example in examples]


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
    """Put each group, the largest first, in the fold that is smallest so far."""
    filled = [0] * folds
    placed = {}
    for group, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        smallest = min(range(folds), key=lambda fold: (filled[fold], fold))
        placed[group] = smallest
        filled[smallest] += size
    return placed


def _each_can_be_left_out(examples: Sequence[Example], assigned: Sequence[int]) -> bool:
    """Return True if both labels remain whichever fold is left out."""
    homes: dict[bool, set[int]] = {True: set(), False: set()}
    for example, fold in zip(examples, assigned, strict=True):
        homes[bool(example.spam)].add(fold)
    return all(len(found) >= 2 for found in homes.values())
