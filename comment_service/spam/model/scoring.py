"""Compute a probability of spam: the text model's log-odds plus the evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import inf, log

from comment_service.spam.features.evidence import evidence_reasons
from comment_service.spam.features.reading import Reading, site_columns
from comment_service.spam.features.recipe import Recipe
from comment_service.spam.features.submission import Reason, Submission
from comment_service.spam.features.tokens import MAIL_SIGN, URL_SIGN, Tokens
from comment_service.spam.features.vocabulary import SHORTENERS, TRADE_WORDS
from comment_service.spam.model.linear import LIMIT, TextModel
from comment_service.spam.model.policy import HOLD_FLOOR, probability

#: Log-odds just below the minimum threshold for holding.
BARE_LINK = log(HOLD_FLOOR / (1 - HOLD_FLOOR)) - 0.01
_FEW_LINKS, _TRADE = 2, 2
_ADDRESSES = frozenset({URL_SIGN, MAIL_SIGN})
_LINK_WORD = re.compile(r"[^\W\d_]{3,}")


def score(
    model: TextModel,
    submission: Submission,
    reading: Reading,
    evidence: Sequence[Reason] | None = None,
) -> float:
    """Return the probability of spam.

    Args:
        model: the text model; a site's part also reads name and addresses.
        submission: the comment.
        reading: the columns of its text.
        evidence: reasons apart from the words; computed from the submission if None.
    """
    found = evidence_reasons(submission) if evidence is None else evidence
    return with_evidence(text_log_odds(model, submission, reading), found)


def text_log_odds(model: TextModel, submission: Submission, reading: Reading) -> float:
    """Return the text model's log-odds of spam, which depend on neither page nor context."""
    own = site_columns(reading, submission, model.recipe) if model.site else None
    return model.log_odds(reading, own, base_limit(model.recipe, reading.tokens))


def base_limit(recipe: Recipe, tokens: Tokens) -> float:
    """Return the most that a base model may say about a text: for a bare link, too little to hold.

    Who only links to something says nothing by the words of its address. Excepted are shortened
    links, three links or more, and addresses with two words of trade; a site's own part, a model of
    its user's own rows, and the evidence may still hold a bare link.
    """
    if recipe.own_rows:
        return inf
    if not 0 < len(tokens.links) <= _FEW_LINKS or set(tokens.domains) & SHORTENERS:
        return inf
    if any(form not in _ADDRESSES and any(map(str.isalpha, form)) for form in tokens.forms):
        return inf
    words = {word for link in tokens.links for word in _LINK_WORD.findall(link.lower())}
    return BARE_LINK if len(words & TRADE_WORDS) < _TRADE else inf


def with_evidence(log_odds: float, evidence: Sequence[Reason]) -> float:
    """Return the probability of spam from the text model's log-odds and the evidence."""
    total = log_odds + sum(reason.weight for reason in evidence)
    return probability(min(max(total, -LIMIT), LIMIT))
