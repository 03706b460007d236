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
    found = evidence_reasons(submission) if evidence is None else evidence
    return with_evidence(text_log_odds(model, submission, reading), found)


def text_log_odds(model: TextModel, submission: Submission, reading: Reading) -> float:
    """Return the text model's log-odds of spam, which depend on neither page nor context."""
    own = site_columns(reading, submission, model.recipe) if model.site else None
    return model.log_odds(reading, own)


def with_evidence(log_odds: float, evidence: Sequence[Reason]) -> float:
    """Return the probability of spam from the text model's log-odds and the evidence."""
    total = log_odds + sum(reason.weight for reason in evidence)
    return probability(min(max(total, -LIMIT), LIMIT))
