"""Near-duplicates: comments that share most of their character 4-grams."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from comment_service.text.folding import fold_key

MIN_SIMILARITY = 0.8
_SIZE = 4
#: A 4-gram found in more texts than this does not identify copies and costs quadratic time.
_COMMON = 400


def clusters(texts: Sequence[str]) -> list[int]:
    """Return a cluster number for each text; near-duplicates have the same number, transitively.

    Two texts are near-duplicates if the Jaccard similarity of their sets of character 4-grams,
    after folding, is at least 0.8. Candidates are found by prefix filtering (Chaudhuri, Ganti and
    Kaushik, "A Primitive Operator for Similarity Joins", ICDE 2006), so the result is exact except
    for 4-grams that more than 400 texts share.
    """
    by_key: dict[str, int] = {}
    homes = [by_key.setdefault(fold_key(text), row) for row, text in enumerate(texts)]
    grams = {row: _grams(key) for key, row in by_key.items()}
    parent = list(range(len(texts)))
    for row, other in _pairs(grams):
        parent[_root(parent, row)] = _root(parent, other)
    return [_root(parent, home) for home in homes]


def first_of_clusters(numbers: Sequence[int]) -> list[bool]:
    """Return, for each row, True if it is the first of its cluster."""
    first = {number: row for row, number in reversed(list(enumerate(numbers)))}
    return [first[number] == row for row, number in enumerate(numbers)]


def _grams(key: str) -> frozenset[str]:
    return frozenset(key[i : i + _SIZE] for i in range(max(len(key) - _SIZE + 1, 1)))


def _pairs(grams: dict[int, frozenset[str]]) -> list[tuple[int, int]]:
    """Return the pairs of rows whose sets are similar."""
    seen_in: dict[str, int] = defaultdict(int)
    for found in grams.values():
        for gram in found:
            seen_in[gram] += 1
    index: dict[str, list[int]] = defaultdict(list)
    pairs = []
    for row in sorted(grams, key=lambda r: (len(grams[r]), r)):
        own = grams[row]
        # Rarest first: two similar sets must share at least one of their rarest 4-grams.
        prefix = sorted(own, key=lambda g: (seen_in[g], g))[
            : int(len(own) * (1 - MIN_SIMILARITY)) + 1
        ]
        candidates = {other for gram in prefix for other in index[gram]}
        pairs += [(row, other) for other in sorted(candidates) if _alike(own, grams[other])]
        for gram in prefix:
            if len(index[gram]) < _COMMON:
                index[gram].append(row)
    return pairs


def _alike(a: frozenset[str], b: frozenset[str]) -> bool:
    if min(len(a), len(b)) < MIN_SIMILARITY * max(len(a), len(b)):
        return False
    shared = len(a & b)
    return shared >= MIN_SIMILARITY * (len(a) + len(b) - shared)


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row
