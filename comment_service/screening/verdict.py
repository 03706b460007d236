"""The output of screening: findings of the checks, and one verdict per submission."""

from collections.abc import Sequence
from dataclasses import dataclass

from comment_service.storage.tables import PENDING, PUBLISHED, REJECTED, SPAM

SEVERITY = (PUBLISHED, PENDING, SPAM, REJECTED)
"""The statuses of a verdict, least severe first."""


@dataclass(frozen=True)
class Finding:
    """One piece of evidence.

    ``status`` is the status that it requests, "" if it only has a weight. ``weight`` is in
    log-odds, > 0 towards spam; ``spans`` are half-open ranges of characters in the text.
    """

    name: str
    sentence: str
    weight: float = 0.0
    status: str = ""
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The resulting status of a submission, with all findings and the model's score."""

    status: str
    findings: Sequence[Finding]
    score: float | None = None
    model: str = ""
    hold_at: float | None = None
    spam_at: float | None = None
    milliseconds: float = 0.0
    features: str = ""

    def reasons(self) -> list[dict[str, object]]:
        """Return the findings as plain values, for storage."""
        return [dict(vars(finding)) for finding in self.findings]

    def names(self) -> list[str]:
        """Return the names of the findings."""
        return [finding.name for finding in self.findings]
