"""Flood protection: hold all comments for a while after a flood."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.tables import PENDING
from comment_service.text.sentences import staff_sentence


def flood_protection(
    _session: Session, _runtime: Runtime, submission: Submission
) -> Iterator[Finding]:
    """Hold every comment while flood protection is on for the page or the site."""
    if submission.shielded:
        yield Finding("shield", staff_sentence("Flood protection is on"), status=PENDING)
