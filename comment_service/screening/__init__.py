"""Screening: run the ``CHECKS`` on a submission and return a ``Verdict``.

Checks only report findings. The most severe status that a finding requests decides, except that
trust overrides the others. All findings become the verdict's reasons. A check that must not accept
the submission at all raises a refusal from ``errors``. May import storage and text.
"""

from comment_service.screening.pipeline import CHECKS, TEXT_CHECKS, screen
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding, Verdict

__all__ = ["CHECKS", "TEXT_CHECKS", "Finding", "Submission", "Verdict", "screen"]
