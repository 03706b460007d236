"""Phrases shown to moderators begin and end with a word."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from comment_service.spam import Recipe
from comment_service.spam.features.reading import Reading, read
from comment_service.spam.model.explanation import Reason, choose_phrases, phrase_reasons


def word_reasons(
    text: str, reading: Reading, weights: NDArray[np.float64], *, held: bool = True
) -> list[Reason]:
    """Return the phrases that are shown."""
    return choose_phrases(phrase_reasons(text, reading, weights), held=held)


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cheap pills. Casino bonus", ["cheap pills", "casino bonus"]),
        ("cheap pills\ncasino bonus", ["cheap pills", "casino bonus"]),
        ("cheap pills (casino bonus)", ["cheap pills", "casino bonus"]),
        ("cheap pills https://a.example\ncasino bonus", ["cheap pills", "casino bonus"]),
        ("安い時計。格安財布", ["安い時計", "格安財布"]),
        ("version 2.0 released", ["version 2.0 released"]),
        ("web-site builder", ["web-site builder"]),
    ],
)
def test_a_phrase_lies_within_a_clause(recipe: Recipe, text: str, shown: list[str]) -> None:
    reading = read(text, recipe)
    reasons = word_reasons(text, reading, np.ones(len(reading.tokens.tokens)))
    found = {text[slice(*reason.spans[0])].lower() for reason in reasons}
    assert {words.removesuffix(" https://a.example") for words in found} == set(shown)


def test_words_that_mean_nothing_add_no_weight(recipe: Recipe) -> None:
    reading = read("and the parser crashed", recipe)
    (reason,) = word_reasons("and the parser crashed", reading, np.array([3.0, 3.0, 0.5, 0.5]))
    assert reason.weight == pytest.approx(1.0)


def test_a_single_word_needs_more_weight_than_two(recipe: Recipe) -> None:
    assert not word_reasons("parser", read("parser", recipe), np.array([0.5]))
    assert word_reasons("parser", read("parser", recipe), np.array([0.7]))
    assert word_reasons("parser crashed", read("parser crashed", recipe), np.array([0.25, 0.25]))


@pytest.mark.parametrize(
    ("weights", "held", "shown"),
    [
        ([0.5, 0.5, -0.4, -0.4], True, {"cheap pills"}),
        ([0.5, 0.5, -0.4, -0.4], False, {"parser crashed"}),
        ([1.0, 1.0, -0.6, -0.6], True, {"cheap pills", "parser crashed"}),
        ([1.0, 1.0, -0.6, -0.6], False, {"cheap pills", "parser crashed"}),
    ],
)
def test_what_speaks_against_the_result_is_shown_if_it_is_strong(
    recipe: Recipe, weights: list[float], held: bool, shown: set[str]
) -> None:
    text = "cheap pills parser crashed"
    reasons = word_reasons(text, read(text, recipe), np.array(weights), held=held)
    assert {text[slice(*reason.spans[0])] for reason in reasons} == shown


def test_an_address_alone_is_no_honest_reason_either(recipe: Recipe) -> None:
    text = "https://docs.example/"
    assert word_reasons(text, read(text, recipe), np.array([-5.0]), held=False) == []
