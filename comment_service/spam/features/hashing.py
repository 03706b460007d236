"""Hash words and character n-grams into a fixed number of columns.

The hash is the same in every process and version: a polynomial over code points with a final mix
(the finaliser of MurmurHash3 by Austin Appleby, public domain), vectorised over a text. Training
and scoring both use this module, so they always compute the same columns.

Names (words, pairs of words, domains) use the last quarter of the columns, character n-grams the
rest: training weights the two differently, so it must be able to distinguish them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.uint32]


def names_from(bits: int) -> int:
    """Return the first column of names; the columns below it belong to character n-grams."""
    return 3 << (bits - 2)


def char_ids(view: str, sizes: tuple[int, int], bits: int) -> Ids:
    """Return the columns of all character n-grams of ``view``, grouped by n-gram size.

    Args:
        view: the text to cut, blanks included.
        sizes: shortest and longest n-gram, both included.
        bits: columns are below ``names_from(bits)``.

    Returns:
        For each size n in turn, ``max(len(view) - n + 1, 0)`` columns in the order of the text.
    """
    import numpy as np

    codes = np.frombuffer(view.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = codes.astype(np.uint64)
    rolling = np.zeros(len(codes), dtype=np.uint64)
    found = []
    for size in range(1, sizes[1] + 1):
        if size > len(codes):
            break
        rolling = rolling[: len(codes) - size + 1] * np.uint64(1_000_003) + codes[size - 1 :]
        if size >= sizes[0]:
            found.append(_mix(rolling + np.uint64(size << 56), names_from(bits)))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.uint32)


def name_ids(names: Sequence[str], bits: int) -> Ids:
    """Return one column per name (a word, a pair of words, a domain with its prefix)."""
    import numpy as np

    sums = [crc32(name.encode("utf-8", "surrogatepass")) for name in names]
    keys = np.array(sums, dtype=np.uint64) + np.uint64(0xA5 << 56)
    return _mix(keys, (1 << bits) - names_from(bits)) + np.uint32(names_from(bits))


def _mix(keys: NDArray[np.uint64], columns: int) -> Ids:
    """Spread keys evenly over ``columns`` columns, at most 2 ** 24."""
    import numpy as np

    keys = (keys ^ (keys >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    keys = (keys ^ (keys >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    keys = (keys ^ (keys >> np.uint64(33))) >> np.uint64(40)
    return ((keys * np.uint64(columns)) >> np.uint64(24)).astype(np.uint32)
