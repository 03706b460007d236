"""Convert a comment's text to hashed columns, each with its position in the text.

Training, scoring and explanation all read a text through :func:`read`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from comment_service.spam.features.hashing import char_ids, name_ids, word_ids
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
        link_names: number of columns of each link.
        sizes: shortest and longest character n-gram.
    """

    tokens: Tokens
    ids: NDArray[np.uint32]
    link_names: tuple[int, ...]
    sizes: tuple[int, int]

    @cached_property
    def distinct(self) -> NDArray[np.uint32]:
        """Return the columns without repeats, sorted, shape (m,)."""
        return without_repeats(self.ids)

    @cached_property
    def places(self) -> NDArray[np.int32]:
        """Return the index of the token that each column comes from, shape (n,)."""
        import numpy as np

        chars = _char_places(self.tokens.forms, self.sizes)
        return np.concatenate([chars, _name_places(self.tokens, self.link_names)])

    @cached_property
    def index(self) -> NDArray[np.intp]:
        """Return the position of each of ``ids`` in ``distinct``, shape (n,)."""
        import numpy as np

        return np.searchsorted(self.distinct, self.ids)

    def pairs(self) -> Iterator[tuple[int, slice]]:
        """Yield which of ``ids`` are pairs of words; ``places`` has the first word of each.

        Once for each distance of the two words, 1 and 2.
        """
        count = len(self.tokens.forms)
        start = len(self.ids) - sum(self.link_names)
        sizes = [max(count - gap, 0) for gap in range(3)]
        for gap in (2, 1):
            if sizes[gap]:
                yield gap, slice(start - sizes[gap], start)
            start -= sizes[gap]

    def columns(self) -> NDArray[np.uint32]:
        """Return the distinct columns of the whole text."""
        return self.distinct

    def windows(self, recipe: Recipe) -> Iterator[NDArray[np.uint32]]:
        """Yield the distinct columns of each part of a long comment, none for a short one."""
        count = len(self.tokens.forms)
        if count <= recipe.window:
            return
        stride = max(recipe.stride, -(-count // MAX_WINDOWS))
        for start in range(0, count - recipe.stride, stride):
            inside = (self.places >= start) & (self.places < start + recipe.window)
            yield without_repeats(self.ids[inside])


def read(text: str, recipe: Recipe) -> Reading:
    """Return the columns of a raw text: character n-grams, words, pairs of words, domains.

    Pairs are of neighbouring words ("b") and of words with one word between them ("s"), so that
    "check my channel" and "check this channel" share a column.
    """
    return read_tokens(tokenise(text), recipe)


def read_tokens(tokens: Tokens, recipe: Recipe) -> Reading:
    """Return the columns of a text that is already tokenised."""
    import numpy as np

    sizes = (recipe.shortest, recipe.longest)
    chars = char_ids(f" {' '.join(tokens.forms)} ", sizes, recipe.bits)
    ids = [chars, word_ids(tokens.forms, recipe.bits)]
    inside = [link_names(link) for link in tokens.links]
    if inside:
        ids.append(name_ids([name for names in inside for name in names], recipe.bits))
    return Reading(tokens, np.concatenate(ids), tuple(map(len, inside)), sizes)


def without_repeats(ids: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the distinct columns, sorted.

    Sorts instead of calling np.unique, which hashes: that takes several times as long for a short
    text.
    """
    import numpy as np

    ordered = np.sort(ids)
    new = np.empty(len(ids), dtype=bool)
    new[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def site_columns(reading: Reading, submission: Submission, recipe: Recipe) -> NDArray[np.uint32]:
    """Return the distinct columns that a site's part learns from: text, name, website and e-mail.

    Names and addresses are meaningful on one site only, so these columns exist only for the site's
    own part of a model.
    """
    import numpy as np

    extra = name_ids(site_names(submission), recipe.bits)
    return without_repeats(np.concatenate([reading.distinct, extra]))


def site_names(submission: Submission) -> list[str]:
    """Return the column names of a comment's author, website and e-mail address."""
    names = [f"a {word_form(word)}" for word in submission.author.split()[:8]]
    names += [f"a {submission.author.strip().lower()}"] if submission.author else []
    names += [f"u {domain(submission.url)}"] if submission.url else []
    names += [f"e {submission.email.lower()}", f"h {submission.email.lower().partition('@')[2]}"]
    return [name for name in names if len(name) > 2]


def _char_places(forms: Sequence[str], sizes: tuple[int, int]) -> NDArray[np.int32]:
    """Return the middle token of each character n-gram, in the order of ``char_ids``."""
    import numpy as np

    widths = np.array([len(form) + 1 for form in forms], dtype=np.int64)
    owners = np.repeat(np.arange(len(forms), dtype=np.int32), widths)
    owners = np.concatenate([np.zeros(1, np.int32), owners]) if forms else np.zeros(2, np.int32)
    length = len(owners)
    spread = range(sizes[0], min(sizes[1], length) + 1)
    return np.concatenate([owners[n // 2 : n // 2 + length - n + 1] for n in spread])


def link_names(link: str) -> list[str]:
    """Return a link's column names: its domain, the domain's ending and the words of the URL.

    The words share their columns with words in texts, so that "casino" in a URL has the same
    weight. At most twelve, because long machine-made URLs contain no words.
    """
    own = domain(link)
    words = _ADDRESS_WORD.findall(link.lower().removeprefix("http").removeprefix("s://"))
    return [f"d {own}", f"d .{own.rpartition('.')[2]}", *(f"w {word_form(w)}" for w in words[:12])]


def _name_places(tokens: Tokens, link_names: Sequence[int]) -> NDArray[np.int32]:
    """Return the token of each name: words, both kinds of pairs, then the names of each link."""
    import numpy as np

    count = len(tokens.forms)
    words = (np.arange(max(count - gap, 0), dtype=np.int32) for gap in range(3))
    links = np.repeat(np.array(tokens.link_places, dtype=np.int32), link_names)
    return np.concatenate([*words, links])


def to_matrix(columns: Sequence[NDArray[np.uint32]], bits: int) -> csr_matrix:
    """Return a sparse matrix of ones, shape (len(columns), 2 ** bits), float32."""
    import numpy as np
    from scipy.sparse import csr_matrix

    ends = np.concatenate([[0], np.cumsum([len(row) for row in columns])])
    indices = np.concatenate(columns).view(np.int32) if columns else np.zeros(0, np.int32)
    ones = np.ones(len(indices), dtype=np.float32)
    return csr_matrix((ones, indices, ends), shape=(len(columns), 1 << bits))
