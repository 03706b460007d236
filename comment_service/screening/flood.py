"""Everything waits for a while where a flood came in."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.tables import PENDING


def shielded(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Hold every comment while the page or the site is on hold."""
    if submission.shielded:
        yield Finding("shield", "Everything waits here since a flood of comments", status=PENDING)
