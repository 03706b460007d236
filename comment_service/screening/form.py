"""Form checks: the honeypot field and the writing time."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.tables import PENDING, SPAM
from comment_service.text.sentences import staff_sentence


def honeypot(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """File the comment as spam if the field that people cannot see was filled in."""
    if submission.honeypot:
        yield Finding("honeypot", staff_sentence("Filled in the hidden field"), 5.0, SPAM)


def too_fast(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Hold a new comment that was sent too soon after the form was opened; edits are exempt."""
    seconds = submission.seconds
    if seconds is None or submission.comment_id is not None:
        return
    if seconds < submission.rules.min_seconds:
        yield Finding(
            "too_fast",
            staff_sentence("Sent %(seconds)s s after opening the form", seconds=f"{seconds:.1f}"),
            2.0,
            PENDING,
        )
