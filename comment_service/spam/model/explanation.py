"""Explain a score: which phrases contributed most, as sentences and as ranges."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from comment_service.spam.features.reading import Reading
from comment_service.spam.features.submission import Reason
from comment_service.spam.features.tokens import MAIL_SIGN, URL_SIGN
from comment_service.spam.model.phrases import MIN_SPAM_WEIGHT, phrases_of
from comment_service.spam.model.words import words_of
from comment_service.text.sentences import staff_sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: What speaks against the result is shown if it is strong: spam phrases of a comment that is not
#: held, and honest ones of a comment that is.
MIN_SPAM_AGAINST, MIN_HAM_AGAINST = 1.5, 1.0
#: Below this probability nothing is shown as typical of spam.
LEAST_DOUBT = 0.1
#: A reason of spam with a smaller share of the strongest one's weight is not shown.
MIN_SHARE = 1 / 3
SPAM_PHRASES, HAM_PHRASES = 4, 2


def phrase_reasons(text: str, reading: Reading, by_token: NDArray[np.float64]) -> list[Reason]:
    """Return the phrases that have a weight, the strongest first.

    For a text without words, the only reason says what it consists of.

    Args:
        text: the text as typed.
        reading: its columns and tokens.
        by_token: log-odds contributed by each token, shape (tokens,).
    """
    weights = by_token.tolist()
    found = phrases_of(text, words_of(text, reading, weights))
    return found or _without_words(text, reading, sum(weights))


def choose_phrases(
    phrases: Sequence[Reason],
    evidence: Sequence[Reason] = (),
    *,
    held: bool,
    doubtful: bool = True,
) -> list[Reason]:
    """Return the phrases to show for a result, at most six.

    What speaks against the result is shown only if it is strong, and what is typical of spam only
    beside nothing much stronger.

    Args:
        phrases: the phrases, strongest first.
        evidence: the other reasons, which are shown too.
        held: whether the score is high enough to hold the comment.
        doubtful: whether it is high enough to show what is typical of spam.
    """
    strongest = max((reason.weight for reason in (*phrases, *evidence)), default=0.0)
    least_spam = MIN_SHARE * strongest if held else MIN_SPAM_AGAINST if doubtful else inf
    least_ham = MIN_HAM_AGAINST if held else 0.0
    reasons = [r for r in phrases if r.weight >= least_spam or r.weight <= -least_ham]
    spam = [r for r in reasons if r.weight > 0][:SPAM_PHRASES]
    ham = [r for r in reasons if r.weight < 0][:HAM_PHRASES]
    return [*spam, *ham]


def _without_words(text: str, reading: Reading, weight: float) -> list[Reason]:
    """Return the reason of a text that has links or numbers, and no words."""
    tokens = reading.tokens.tokens
    signs = (URL_SIGN, MAIL_SIGN)
    rest = "".join(text[token.start : token.end] for token in tokens if token.form not in signs)
    if weight < MIN_SPAM_WEIGHT or any(map(str.isalpha, rest)):
        return []
    if any(token.form in signs for token in tokens):
        sentence = staff_sentence("The text is an address without words")
    elif any(map(str.isnumeric, rest)):
        sentence = staff_sentence("The text is a number without words")
    else:
        return []
    return [Reason("no_words", sentence, round(weight, 3), ((tokens[0].start, tokens[-1].end),))]
