"""The policy to review every comment, which applies regardless of other findings."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.tables import PENDING
from comment_service.text.sentences import staff_sentence


def everything(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Hold every comment if the policy says so."""
    if submission.rules.policy == "all":
        yield Finding(
            "policy", staff_sentence("This site reviews every comment first"), status=PENDING
        )
