"""What the author's history says: blocked, trusted, never published here before."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.tables import HELD, PUBLISHED, REJECTED


def blocked(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """File what a blocked author sends under rejected."""
    if submission.author_blocked:
        yield Finding("blocked", "A moderator blocked this author", status=REJECTED)


def trusted(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Publish what moderators and trusted authors write, unless they are blocked."""
    if submission.author_blocked:
        return
    if submission.moderator:
        yield Finding("moderator", "Written by a moderator", weight=-9.0, status=PUBLISHED)
    elif submission.author_trusted:
        yield Finding("trusted", "A moderator trusts this author", weight=-9.0, status=PUBLISHED)


def first_comment(_session: Session, runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Note a first comment; hold it where the policy says so, or where it brings a link.

    The usual aim of comment spam is a link, and a spammer's author is always new.
    """
    if submission.known.get("author_published"):
        return
    if runtime.settings.policy == "first":
        yield Finding("first_comment", "First comment by this author", 0.3, HELD)
    elif submission.links and runtime.settings.policy == "uncertain":
        yield Finding("first_comment_link", "First comment by this author, with a link", 0.6, HELD)
    else:
        yield Finding("first_comment", "First comment by this author", 0.3)
