"""Hash words and character n-grams into a fixed number of columns.

The hash is the same in every process and version: a polynomial over code points with a final mix
(the finaliser of MurmurHash3 by Austin Appleby, public domain), vectorised over a text. Training
and scoring both use this module, so they always compute the same columns.

Names (words, pairs of words, domains) use the last quarter of the columns, character n-grams the
rest: training weights the two differently, so it must be able to distinguish them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
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

    nothing = np.zeros(0, dtype=np.uint64)
    found = [keys for _, keys in gram_keys(view, sizes)]
    return mix(np.concatenate([nothing, *found]), names_from(bits))


def gram_keys(view: str, sizes: tuple[int, int]) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    """Yield each n-gram size that ``view`` is long enough for, and the keys of its n-grams."""
    import numpy as np

    encoded = view.encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(encoded, dtype=np.uint32).astype(np.uint64)
    rolling = codes
    for size in range(1, min(sizes[1], len(codes)) + 1):
        if size > 1:
            rolling = rolling[:-1] * 1_000_003
            rolling += codes[size - 1 :]
        if size >= sizes[0]:
            yield size, rolling + (size << 56)


def word_ids(forms: Sequence[str], bits: int) -> Ids:
    """Return the columns of words, of adjacent pairs, and of pairs with one word between them.

    They are the columns of the names "w one", "b one two" and "s one three", in this order.
    """
    if not forms:
        return _name_columns((), bits)
    words, sums, pairs, gaps = zip(*map(word_sums, forms), strict=True)
    adjacent, apart = map(crc32, words[1:], pairs), map(crc32, words[2:], gaps)
    return _name_columns([*sums, *adjacent, *apart], bits)


@lru_cache(maxsize=16384)
def word_sums(form: str) -> tuple[bytes, int, int, int]:
    """Return a word as bytes, its checksum, and the checksums that its two pairs begin with."""
    word = form.encode("utf-8", "surrogatepass")
    return word, crc32(b"w " + word), crc32(b"b %b " % word), crc32(b"s %b " % word)


def name_ids(names: Sequence[str], bits: int) -> Ids:
    """Return one column per name (a word, a pair of words, a domain with its prefix)."""
    return _name_columns([crc32(name.encode("utf-8", "surrogatepass")) for name in names], bits)


def _name_columns(sums: Sequence[int], bits: int) -> Ids:
    import numpy as np

    return name_columns(np.fromiter(sums, np.uint64, len(sums)), bits)


def name_columns(keys: NDArray[np.uint64], bits: int) -> Ids:
    """Return the columns of names with these checksums; overwrites the checksums."""
    keys += 0xA5 << 56
    found = mix(keys, (1 << bits) - names_from(bits))
    found += names_from(bits)
    return found


def mix(keys: NDArray[np.uint64], columns: int) -> Ids:
    """Spread keys evenly over ``columns`` columns, at most 2 ** 24; overwrites the keys."""
    import numpy as np

    keys ^= keys >> 33
    keys *= 0xFF51AFD7ED558CCD
    keys ^= keys >> 33
    keys *= 0xC4CEB9FE1A85EC53
    keys ^= keys >> 33
    keys >>= 40
    keys *= columns
    keys >>= 24
    return keys.astype(np.uint32)
