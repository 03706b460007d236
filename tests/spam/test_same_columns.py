"""A text has the same columns in every version: what a model has learned depends on them.

The reader takes short cuts (it cuts word by word, keeps words that it has cut, adds up checksums
and reads many texts together). A plain implementation here takes none.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comment_service.spam.features.batch import read_all, site_columns_of_all
from comment_service.spam.features.evidence import evidence_reasons
from comment_service.spam.features.hashing import name_ids, names_from
from comment_service.spam.features.reading import Reading, read, read_tokens, site_columns
from comment_service.spam.features.recipe import Recipe
from comment_service.spam.features.submission import Submission
from comment_service.spam.features.tokens import Token, _cut, tokenise
from comment_service.spam.features.vocabulary import ADVERTISED
from comment_service.text.folding import fold

RECIPE = Recipe(window=12, stride=6)
PIECES = [
    "<a href='http://x.example/a b' rel=\"x\">hi</a>", "<b >", "a < b and c > d", "<<b x>",
    "<a\nhref=http://q.example>", "</i>", "[url=http://b.example/q]x[/url]", "v.i.a.g.r.a",
    "f r e e", "bit.ly/x", "me@b.example", "\u200b", "\u0301", "ｆｒｅｅ", "саsino", "Sooooo",
    "\x1c", "\x85", "\u2028", "\t", "l1nk", "50%", "€5", "@you", "it's", "l’été", "हिन्दी",
    "สวัสดีครับ", "日本語", "한국어", "https://casino-24.top/x?y=1).", "www.a.example,", "_x_",
    "!!!", "1xbet", "v1agra", "𝐟𝐫𝐞𝐞", "\ue000", "x" * 40, "a." * 20, "the", "Look,", "2026-11-30",
]  # fmt: skip
#: Words that are cut without a pattern, and others that look like them.
SIGNED = ["1.", "x²:", "٣!", "LLL?", "a)", "..", "l", "ﬁl.", "www.", "_.", "a_,", "(a", "é;"]
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(SIGNED), max_size=9).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=20).map("".join),
)
NAMES = st.one_of(st.just(""), st.text(max_size=12), st.sampled_from(PIECES))
SUBMISSIONS = st.builds(Submission.of, TEXTS, author=NAMES, email=NAMES, url=NAMES)


def mix(key: int, columns: int) -> int:
    """Return the column of one key: MurmurHash3's finaliser, in plain integers."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        key = ((key ^ (key >> 33)) * factor) % 2**64
    return (((key ^ (key >> 33)) >> 40) * columns) >> 24


def plain_chars(view: str) -> list[int]:
    found = []
    for size in range(RECIPE.shortest, RECIPE.longest + 1):
        for start in range(len(view) - size + 1):
            key = 0
            for char in view[start : start + size]:
                key = key * 1_000_003 + ord(char)
            found.append(mix((key + (size << 56)) % 2**64, names_from(RECIPE.bits)))
    return found


def plain_names(forms: tuple[str, ...]) -> list[str]:
    pairs = [f"b {a} {b}" for a, b in pairwise(forms)]
    apart = [f"s {a} {b}" for a, b in zip(forms, forms[2:], strict=False)]
    return [*(f"w {form}" for form in forms), *pairs, *apart]


@given(TEXTS)
def test_columns_are_those_of_a_plain_reader(text: str) -> None:
    reading = read(text, RECIPE)
    tokens, folded = reading.tokens, fold(text)
    whole = _cut(folded.text)
    spans = [folded.span(*span) for span in whole.spans]
    assert tokens.forms == whole.forms
    assert tokens.tokens == tuple(Token(f, *s) for f, s in zip(whole.forms, spans, strict=True))
    assert tuple(zip(tokens.links, tokens.link_places, strict=True)) == whole.links
    expected = plain_chars(f" {' '.join(whole.forms)} ")
    expected += name_ids(plain_names(whole.forms), RECIPE.bits).tolist()
    assert reading.ids.tolist()[: len(expected)] == expected
    pairs = {gap: reading.ids[which].tolist() for gap, which in reading.pairs()}
    for gap, kind in ((1, "b"), (2, "s")):
        joined = zip(whole.forms, whole.forms[gap:], strict=False)
        names = [f"{kind} {a} {b}" for a, b in joined]
        assert pairs.get(gap, []) == name_ids(names, RECIPE.bits).tolist()
    assert reading.places.shape == reading.ids.shape
    assert np.array_equal(reading.distinct, np.unique(reading.ids))
    assert np.array_equal(reading.distinct[reading.index], reading.ids)


@given(st.lists(SUBMISSIONS, max_size=8), st.sampled_from([(1, 5), (3, 4), (2, 2)]))
def test_texts_read_together_have_the_columns_of_texts_read_alone(
    submissions: list[Submission], sizes: tuple[int, int]
) -> None:
    recipe = replace(RECIPE, shortest=sizes[0], longest=sizes[1])
    together = read_all([submission.tokens for submission in submissions], recipe)
    alone = [read_tokens(submission.tokens, recipe) for submission in submissions]
    own = site_columns_of_all(together, submissions, recipe)
    for place, (one, other) in enumerate(zip(together, alone, strict=True)):
        assert one.ids.dtype == other.ids.dtype == np.uint32
        assert one.ids.tolist() == other.ids.tolist()
        assert (one.tokens, one.link_names, one.sizes) == (
            other.tokens,
            other.link_names,
            other.sizes,
        )
        known = site_columns(other, submissions[place], recipe)
        assert own[place].dtype == np.uint32
        assert own[place].tolist() == known.tolist()


@given(st.lists(st.text(max_size=300), max_size=6))
def test_words_of_any_length_have_the_same_columns_together(words: list[str]) -> None:
    tokens = replace(tokenise(""), forms=tuple(words))
    (together,) = read_all([tokens], RECIPE)
    assert together.ids.tolist() == read_tokens(tokens, RECIPE).ids.tolist()


def digest(reading: Reading, text: str) -> str:
    submission = Submission.of(text, author="Ada Best", email="a@x.example", url="x.example")
    found = sha256(reading.ids.astype(np.uint32).tobytes())
    found.update(reading.places.astype(np.int32).tobytes())
    for part in reading.windows(RECIPE):
        found.update(part.astype(np.uint32).tobytes())
    found.update(site_columns(reading, submission, RECIPE).astype(np.uint32).tobytes())
    return found.hexdigest()[:16]


def test_columns_of_stored_texts_never_change() -> None:
    texts = [*PIECES, " ".join(PIECES), "".join(PIECES), "", "See http://a.example and b.example/x"]
    everything = "".join(digest(read(text, RECIPE), text) for text in texts)
    assert sha256(everything.encode()).hexdigest()[:16] == "234ee51c84a6c012"


@pytest.mark.parametrize("name", sorted(ADVERTISED))
def test_every_advertised_name_is_found(name: str) -> None:
    for text in (f"Buy {name} cheap", f"({name.upper()})"):
        found = {reason.name for reason in evidence_reasons(Submission.of(text))}
        assert found & {"advertised", "advertised_contact"}, text
