"""From a submission to a probability: the model's words and the evidence beside them, added up."""

from __future__ import annotations

from collections.abc import Sequence

from comment_service.spam.evidence import evidence_reasons
from comment_service.spam.features import Reading, site_columns
from comment_service.spam.linear import LIMIT, TextModel
from comment_service.spam.policy import probability
from comment_service.spam.submission import Reason, Submission


def score(
    model: TextModel,
    submission: Submission,
    reading: Reading,
    beside: Sequence[Reason] | None = None,
) -> float:
    """Return the probability of spam.

    Args:
        model: what scores; a site's part of it also reads name and addresses.
        submission: what is known of the comment.
        reading: the columns of its text.
        beside: the evidence beside the words, where it is at hand.
    """
    own = site_columns(reading, submission, model.recipe) if model.site else None
    found = evidence_reasons(submission) if beside is None else beside
    log_odds = model.log_odds(reading, own) + sum(reason.weight for reason in found)
    return probability(min(max(log_odds, -LIMIT), LIMIT))
