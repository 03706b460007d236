"""Columns of a text: stable, in range, and each with its position."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from comment_service.spam.features.hashing import char_ids, name_ids, names_from, word_ids
from comment_service.spam.features.reading import read, to_matrix
from comment_service.spam.features.recipe import Recipe


def test_hash_is_the_same_in_every_version() -> None:
    assert char_ids("spam", (1, 2), 18).tolist()[:3] == CHARS
    assert name_ids(["w spam", "d example.com"], 18).tolist() == NAMES


def test_names_and_ngrams_share_no_column() -> None:
    assert max(char_ids("any text of some length", (1, 5), 14)) < names_from(14)
    names = name_ids([f"w word{n}" for n in range(5000)], 14)
    assert names_from(14) <= min(names) < max(names) < 1 << 14


def test_words_of_an_address_are_words_of_the_text(recipe: Recipe) -> None:
    (casino,) = name_ids(["w casino"], recipe.bits)
    (ending,) = name_ids(["d .top"], recipe.bits)
    columns = read("जीतो http://casino-24.top/x", recipe).columns()
    assert casino in columns
    assert ending in columns
    assert casino not in read("जीतो http://example.top/x", recipe).columns()


def test_pairs_skip_one_word(recipe: Recipe) -> None:
    (pair,) = name_ids(["s check photos"], recipe.bits)
    assert pair in read("check my photos", recipe).columns()
    assert pair in read("check this photos", recipe).columns()


def test_ngrams_come_size_by_size() -> None:
    assert len(char_ids("abcd", (1, 3), 18)) == 4 + 3 + 2
    assert len(char_ids("ab", (1, 5), 18)) == 2 + 1
    assert len(char_ids("", (1, 5), 18)) == 0


@pytest.mark.parametrize("words", [[], ["one"], ["a", "日本"], ["x", "y", "z"], ["a"] * 6])
def test_words_and_pairs_have_the_columns_of_their_names(words: list[str]) -> None:
    names = [f"w {word}" for word in words]
    names += [f"b {one} {two}" for one, two in pairwise(words)]
    names += [f"s {one} {three}" for one, three in zip(words, words[2:], strict=False)]
    assert word_ids(words, 18).tolist() == name_ids(names, 18).tolist()


@pytest.mark.parametrize("view", [" spam ", "日本語 ab", "\U0010ffff\ud800x", "a"])
@pytest.mark.parametrize("sizes", [(1, 5), (3, 4), (2, 2)])
def test_ngrams_are_hashed_as_numbers_of_64_bits(view: str, sizes: tuple[int, int]) -> None:
    def column(gram: str) -> int:
        key = 0
        for char in gram:
            key = (key * 1_000_003 + ord(char)) % 2**64
        key = (key + (len(gram) << 56)) % 2**64
        for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
            key = (key ^ key >> 33) * factor % 2**64
        return ((key ^ key >> 33) >> 40) * names_from(18) >> 24

    grams = [
        view[i : i + n] for n in range(sizes[0], sizes[1] + 1) for i in range(len(view) - n + 1)
    ]
    assert char_ids(view, sizes, 18).tolist() == [column(gram) for gram in grams]


def test_every_column_has_a_place_inside_the_text(recipe: Recipe) -> None:
    for text in ("", "a", "two words", "see http://a.example and http://b.example", "日本語"):
        reading = read(text, recipe)
        assert reading.ids.shape == reading.places.shape
        assert reading.ids.max() < 1 << recipe.bits
        assert set(reading.places.tolist()) <= set(range(max(len(reading.tokens.tokens), 1)))


def test_short_texts_have_no_parts_and_long_ones_cover_every_token(recipe: Recipe) -> None:
    assert list(read("word " * recipe.window, recipe).windows(recipe)) == []
    words = " ".join(f"w{n}x" for n in range(400))
    reading = read(words, recipe)
    parts = list(reading.windows(recipe))
    assert 2 <= len(parts) <= 25
    covered = np.unique(np.concatenate(parts))
    assert np.array_equal(covered, reading.columns())


def test_matrix_has_ones_at_the_columns(recipe: Recipe) -> None:
    columns = [read(text, recipe).columns() for text in ("one two", "three")]
    matrix = to_matrix(columns, recipe.bits)
    assert matrix.shape == (2, 1 << recipe.bits)
    assert np.array_equal(np.sort(matrix[1].indices), columns[1])


CHARS = [180908, 34124, 88436]
NAMES = [215414, 239754]
