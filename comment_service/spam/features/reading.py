"""Convert a comment's text to hashed columns, each with its position in the text.

Training, scoring and explanation all read a text through :func:`read`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from comment_service.spam.features.hashing import char_ids, name_ids
from comment_service.spam.features.recipe import Recipe
from comment_service.spam.features.submission import Submission
from comment_service.spam.features.tokens import Tokens, tokenise, word_form
from comment_service.text.links import domain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

#: Maximum number of parts of one comment that are scored separately; longer comments get
#: wider steps.
MAX_WINDOWS = 24
_ADDRESS_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Reading:
    """The columns of one text.

    Attributes:
        tokens: the tokens that the columns come from.
        ids: column numbers, shape (n,), not unique.
        places: shape (n,): index of the token that each column comes from.
        distinct: the columns without repeats, sorted, shape (m,).
        index: shape (n,): position of each of ``ids`` in ``distinct``.
    """

    tokens: Tokens
    ids: NDArray[np.uint32]
    places: NDArray[np.int32]
    distinct: NDArray[np.uint32]
    index: NDArray[np.intp]

    def columns(self) -> NDArray[np.uint32]:
        """Return the distinct columns of the whole text."""
        return self.distinct

    def windows(self, recipe: Recipe) -> Iterator[NDArray[np.uint32]]:
        """Yield the distinct columns of each part of a long comment, none for a short one."""
        import numpy as np

        count = len(self.tokens.tokens)
        if count <= recipe.window:
            return
        stride = max(recipe.stride, -(-count // MAX_WINDOWS))
        for start in range(0, count - recipe.stride, stride):
            inside = (self.places >= start) & (self.places < start + recipe.window)
            present = np.zeros(len(self.distinct), dtype=bool)
            present[self.index[inside]] = True
            yield self.distinct[present]


def read(text: str, recipe: Recipe) -> Reading:
    """Return the columns of a raw text: character n-grams, words, pairs of words, domains.

    Pairs are of neighbouring words ("b") and of words with one word between them ("s"), so that
    "check my channel" and "check this channel" share a column.
    """
    return read_tokens(tokenise(text), recipe)


def read_tokens(tokens: Tokens, recipe: Recipe) -> Reading:
    """Return the columns of a text that is already tokenised."""
    import numpy as np

    forms = [token.form for token in tokens.tokens]
    view = f" {' '.join(forms)} "
    sizes = (recipe.shortest, recipe.longest)
    names = [*(f"w {form}" for form in forms), *(f"b {a} {b}" for a, b in pairwise(forms))]
    names += [f"s {a} {b}" for a, b in zip(forms, forms[2:], strict=False)]
    inside = [_link_names(link) for link in tokens.links]
    names += [name for found in inside for name in found]
    ids = np.concatenate([char_ids(view, sizes, recipe.bits), name_ids(names, recipe.bits)])
    places = np.concatenate([_char_places(forms, sizes), _name_places(tokens, inside)])
    return Reading(tokens, ids, places, *_without_repeats(ids))


def _without_repeats(ids: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Return the distinct sorted columns and the position of each column among them.

    Sorts instead of calling np.unique: without an index, np.unique hashes, which takes several
    times as long for a short text.
    """
    import numpy as np

    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    new = np.empty(len(ids), dtype=bool)
    new[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    index = np.empty(len(ids), dtype=np.intp)
    index[order] = np.cumsum(new) - 1
    return ordered[new], index


def site_columns(reading: Reading, submission: Submission, recipe: Recipe) -> NDArray[np.uint32]:
    """Return the distinct columns that a site's part learns from: text, name, website and e-mail.

    Names and addresses are meaningful on one site only, so these columns exist only for the site's
    own part of a model.
    """
    import numpy as np

    names = [f"a {word_form(word)}" for word in submission.author.split()[:8]]
    names += [f"a {submission.author.strip().lower()}"] if submission.author else []
    names += [f"u {domain(submission.url)}"] if submission.url else []
    names += [f"e {submission.email.lower()}", f"h {submission.email.lower().partition('@')[2]}"]
    extra = name_ids([name for name in names if len(name) > 2], recipe.bits)
    return _without_repeats(np.concatenate([reading.distinct, extra]))[0]


def _char_places(forms: Sequence[str], sizes: tuple[int, int]) -> NDArray[np.int32]:
    """Return the middle token of each character n-gram, in the order of ``char_ids``."""
    import numpy as np

    widths = np.array([len(form) + 1 for form in forms], dtype=np.int64)
    owners = np.repeat(np.arange(len(forms), dtype=np.int32), widths)
    owners = np.concatenate([np.zeros(1, np.int32), owners]) if forms else np.zeros(2, np.int32)
    length = len(owners)
    spread = range(sizes[0], min(sizes[1], length) + 1)
    return np.concatenate([owners[n // 2 : n // 2 + length - n + 1] for n in spread])


def _link_names(link: str) -> list[str]:
    """Return a link's column names: its domain, the domain's ending and the words of the URL.

    The words share their columns with words in texts, so that "casino" in a URL has the same
    weight. At most twelve, because long machine-made URLs contain no words.
    """
    own = domain(link)
    words = _ADDRESS_WORD.findall(link.lower().removeprefix("http").removeprefix("s://"))
    return [f"d {own}", f"d .{own.rpartition('.')[2]}", *(f"w {word_form(w)}" for w in words[:12])]


def _name_places(tokens: Tokens, inside: Sequence[Sequence[str]]) -> NDArray[np.int32]:
    import numpy as np

    count = len(tokens.tokens)
    places = [*range(count), *range(count - 1), *range(count - 2)]
    for place, names in zip(tokens.link_places, inside, strict=True):
        places += [place] * len(names)
    return np.array(places, dtype=np.int32)


def to_matrix(columns: Sequence[NDArray[np.uint32]], bits: int) -> csr_matrix:
    """Return a sparse matrix of ones, shape (len(columns), 2 ** bits), float32."""
    import numpy as np
    from scipy.sparse import csr_matrix

    ends = np.concatenate([[0], np.cumsum([len(row) for row in columns])])
    indices = np.concatenate(columns).astype(np.int32) if columns else np.zeros(0, np.int32)
    ones = np.ones(len(indices), dtype=np.float32)
    return csr_matrix((ones, indices, ends), shape=(len(columns), 1 << bits))
