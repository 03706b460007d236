"""What screening found: one finding a check, one verdict a submission."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from comment_service.storage.tables import PENDING, PUBLISHED, REJECTED, SPAM

SEVERITY = (PUBLISHED, PENDING, SPAM, REJECTED)
"""The statuses a verdict may have, mildest first."""


@dataclass(frozen=True)
class Finding:
    """One piece of evidence.

    ``status`` is what it asks for by itself, "" where it only weighs. ``weight`` is in log-odds,
    > 0 towards spam; ``spans`` are half-open ranges of characters in the text.
    """

    name: str
    sentence: str
    weight: float = 0.0
    status: str = ""
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The status a submission comes to, with everything that was found."""

    status: str
    findings: Sequence[Finding]
    score: float | None = None
    model: str = ""
    hold_at: float | None = None
    spam_at: float | None = None
    milliseconds: float = 0.0
    features: str = ""

    def reasons(self) -> list[dict[str, object]]:
        """Return the findings as plain values, for the stored receipt."""
        return [asdict(finding) for finding in self.findings]
