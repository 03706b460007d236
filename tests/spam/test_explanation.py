"""Phrases shown to moderators begin and end with a word."""

from __future__ import annotations

import numpy as np
import pytest

from comment_service.spam import Recipe
from comment_service.spam.features.reading import read
from comment_service.spam.model.explanation import word_reasons


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("“, buy now!", "buy now"),
        ("(cheap pills).", "cheap pills"),
        ("«купить диплом»", "купить диплом"),
        ("… की!", "की"),
        ("now with pills and the", "pills"),
        ("the best of the casino", "best of the casino"),
        ("安い時計", "安い時計"),
        ("50% off", "50% off"),
    ],
)
def test_a_phrase_begins_and_ends_with_a_word(recipe: Recipe, text: str, shown: str) -> None:
    reading = read(text, recipe)
    (reason,) = word_reasons(text, reading, np.ones(len(reading.tokens.tokens)))
    assert reason.sentence == f"“{shown}” is typical of spam"
    ((start, end),) = reason.spans
    assert text[start:end] == shown


def test_phrase_range_matches_the_text(recipe: Recipe) -> None:
    text = "Thanks. — , buy pills , —"
    reading = read(text, recipe)
    weights = np.array([-1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0])
    reasons = word_reasons(text, reading, weights)
    spans = {text[slice(*reason.spans[0])] for reason in reasons if reason.weight > 0}
    assert spans == {"buy pills"}


@pytest.mark.parametrize(
    "text",
    ["", "*** !!!", "now with the", "a of it", "“ ”", "und der die", "ok", "no", "7", "at 5 pm",
     "https://docs.example/casino/pills", "<https://docs.example/cheap>"],
)  # fmt: skip
def test_what_means_nothing_is_no_reason(recipe: Recipe, text: str) -> None:
    reading = read(text, recipe)
    assert word_reasons(text, reading, np.ones(len(reading.tokens.tokens))) == []


def test_a_phrase_that_occurs_twice_is_one_reason_with_both_ranges(recipe: Recipe) -> None:
    text = "cheap pills . Cheap Pills ."
    reading = read(text, recipe)
    (reason,) = word_reasons(text, reading, np.array([1.0, 1.0, -0.1, 1.0, 1.0, -0.1]))
    assert reason.weight == pytest.approx(4.0)
    assert [text[slice(*span)] for span in reason.spans] == ["cheap pills", "Cheap Pills"]


def test_honest_words_need_more_weight_than_spam_words(recipe: Recipe) -> None:
    reading = read("parser crashed", recipe)
    assert word_reasons("parser crashed", reading, np.array([0.15, 0.15]))
    assert not word_reasons("parser crashed", reading, np.array([-0.15, -0.15]))
