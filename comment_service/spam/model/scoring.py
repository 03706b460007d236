"""Compute a probability of spam: the text model's log-odds plus the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from comment_service.spam.features.evidence import evidence_reasons
from comment_service.spam.features.reading import Reading, site_columns
from comment_service.spam.features.submission import Reason, Submission
from comment_service.spam.model.linear import LIMIT, TextModel
from comment_service.spam.model.policy import probability


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
    own = site_columns(reading, submission, model.recipe) if model.site else None
    found = evidence_reasons(submission) if evidence is None else evidence
    log_odds = model.log_odds(reading, own) + sum(reason.weight for reason in found)
    return probability(min(max(log_odds, -LIMIT), LIMIT))
