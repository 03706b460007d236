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
        ("*** !!!", "*** !!!"),
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
