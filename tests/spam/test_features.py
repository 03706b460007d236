"""Columns of a text: stable, in range, and each with its position."""

from __future__ import annotations

import numpy as np

from comment_service.spam.features.hashing import char_ids, name_ids, names_from
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
