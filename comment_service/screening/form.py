"""What filling in the form gave away: the field only programs see, and the haste."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.tables import PENDING, SPAM


def honeypot(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """File as spam where the field that people cannot see was filled in."""
    if submission.honeypot:
        yield Finding("honeypot", "Filled in the field that people do not see", 5.0, SPAM)


def too_fast(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Hold what was sent sooner after opening the form than one writes; changes are made fast."""
    seconds = submission.seconds
    if seconds is None or submission.comment_id is not None:
        return
    if seconds < submission.rules.min_seconds:
        yield Finding("too_fast", f"Sent {seconds:.1f} s after opening the form", 2.0, PENDING)
