"""Explain a score: which phrases and links contributed most, as sentences and as ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from comment_service.spam.features.reading import Reading
from comment_service.spam.features.submission import Reason
from comment_service.spam.features.tokens import MAIL_SIGN, URL_SIGN
from comment_service.spam.model.phrases import MIN_SPAM_WEIGHT, MIN_WORD_WEIGHT, phrases_of
from comment_service.spam.model.visible_links import visible_links
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
#: The reason that tells where links lead, and the most hosts that it names.
LINK, HOSTS = "link_target", 2
#: The reason of a text of which no part is strong, and the weight from which a part is. Beside it,
#: only phrases of at least ``MIN_BESIDE_WHOLE`` are shown.
WHOLE, STRONG, MIN_BESIDE_WHOLE = "whole_text", 1.5, 1.0


def phrase_reasons(text: str, reading: Reading, by_token: NDArray[np.float64]) -> list[Reason]:
    """Return the phrases that have a weight, where links lead, and the text as a whole.

    The strongest comes first. Who links to something says nothing by the words of its address: the
    reason of links names hosts alone. For a text without words, the only reason says what it
    consists of.

    Args:
        text: the text as typed.
        reading: its columns and tokens.
        by_token: log-odds contributed by each token, shape (tokens,).
    """
    weights = by_token.tolist()
    found = phrases_of(text, words_of(text, reading, weights))
    if not found and (without := _without_words(text, reading, sum(weights))):
        return without
    found = [*found, *_links(text, reading, weights), *_whole(weights)]
    return sorted(found, key=lambda reason: -abs(reason.weight))


def _whole(weights: Sequence[float]) -> list[Reason]:
    """Return the reason that all tokens that resemble spam are together."""
    total = sum([weight for weight in weights if weight > 0])
    sentence = staff_sentence("Resembles spam as a whole; no single phrase decides")
    return [Reason("whole_text", sentence, round(total, 3))] if total >= STRONG else []


def _links(text: str, reading: Reading, weights: Sequence[float]) -> list[Reason]:
    """Return where the links lead as a reason, or none if the links weigh little."""
    if not reading.tokens.links:
        return []
    by_host: dict[str, float] = {}
    spans: list[tuple[int, int]] = []
    for link in visible_links(text, reading.tokens):
        weight = sum([weights[place] for place in link.places])
        if weight > 0 and "." in link.host:
            by_host[link.host] = by_host.get(link.host, 0.0) + weight
            spans.append((link.start, link.end))
    total = sum(by_host.values())
    if total < MIN_WORD_WEIGHT:
        return []
    hosts = sorted(by_host, key=lambda name: -by_host[name])[:HOSTS]
    sentence = staff_sentence("Links to %(hosts)s", hosts=", ".join(hosts))
    return [Reason("link_target", sentence, round(total, 3), tuple(spans))]


def choose_phrases(
    phrases: Sequence[Reason],
    evidence: Sequence[Reason] = (),
    *,
    held: bool,
    doubtful: bool = True,
) -> list[Reason]:
    """Return the phrases to show for a result, at most six, and the reason of links.

    What speaks against the result is shown only if it is strong, and what is typical of spam only
    beside nothing much stronger. Links are always told of a comment that is held, because a
    moderator looks at them, and never of another one.

    Args:
        phrases: the phrases, strongest first.
        evidence: the other reasons, which are shown too.
        held: whether the score is high enough to hold the comment.
        doubtful: whether it is high enough to show what is typical of spam.
    """
    parts = [reason for reason in phrases if reason.name != WHOLE]
    strongest = max((_single_weight(reason) for reason in (*parts, *evidence)), default=0.0)
    least_spam = MIN_SHARE * strongest if held else MIN_SPAM_AGAINST if doubtful else inf
    least_ham = MIN_HAM_AGAINST if held else 0.0
    whole = [r for r in phrases if r.name == WHOLE and held and strongest < STRONG]
    if whole:
        least_spam = max(least_spam, MIN_BESIDE_WHOLE)
    words = [reason for reason in parts if reason.name != LINK]
    spam = [r for r in words if r.weight >= least_spam and r.weight > 0][:SPAM_PHRASES]
    spam += [r for r in parts if r.name == LINK and held]
    ham = [r for r in words if r.weight <= -least_ham and r.weight < 0][:HAM_PHRASES]
    return [*_without(whole, spam), *spam, *ham]


def _without(whole: Sequence[Reason], shown: Sequence[Reason]) -> list[Reason]:
    """Return the reason of the whole text without the weight of what is shown beside it."""
    weight = sum([reason.weight for reason in shown])
    rest = [replace(reason, weight=round(reason.weight - weight, 3)) for reason in whole]
    return [reason for reason in rest if reason.weight > 0]


def _single_weight(reason: Reason) -> float:
    """Return a reason's weight, of links that of one: many links hide no phrase."""
    return reason.weight / len(reason.spans) if reason.name == LINK else reason.weight


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
