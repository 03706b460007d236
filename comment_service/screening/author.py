"""What the author's history says: blocked, trusted, never published here before."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.readers import accounts
from comment_service.storage.tables import PENDING, PUBLISHED, REJECTED

FIRST = "First comment by this author"


def blocked(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """File what a blocked author sends under rejected."""
    if submission.author_blocked:
        quietly = ", who does not know" if submission.author_shadowed else ""
        yield Finding("blocked", f"A moderator blocked this author{quietly}", status=REJECTED)


def trusted(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Publish what moderators and trusted authors write, unless they are blocked."""
    if submission.author_blocked:
        return
    if submission.moderator:
        told = "Written" if submission.comment_id is None else "Changed"
        yield Finding("moderator", f"{told} by a moderator", weight=-9.0, status=PUBLISHED)
    elif submission.author_trusted:
        yield Finding("trusted", "A moderator trusts this author", weight=-9.0, status=PUBLISHED)


def first_comment(session: Session, runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Note a first comment; hold it where the policy says so, or where it brings a link.

    The usual aim of comment spam is a link, and a spammer's author is always new. An account that
    somebody else vouches for is no throw-away: its link alone is no reason to wait.
    """
    published, rules = int(submission.known.get("author_published", 0)), submission.rules
    if rules.policy == "first" and published < rules.approved_before:
        told = (
            f"{published} of this author's comments are public, {rules.approved_before} are asked"
        )
        yield Finding("first_comment", told if published else FIRST, 0.3, PENDING)
    elif published:
        return
    elif submission.links and rules.policy == "uncertain":
        yield _with_link(session, runtime, submission)
    else:
        yield Finding("first_comment", FIRST, 0.3)


def _with_link(session: Session, runtime: Runtime, submission: Submission) -> Finding:
    author, providers = submission.author_id, runtime.providers
    if author and accounts.is_vouched_for(session, author, providers):
        return Finding("proven", f"{FIRST}, with a link; a provider or an address vouches for it")
    return Finding("first_comment_link", f"{FIRST}, with a link", 0.6, PENDING)


def newly_known(_session: Session, runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Hold what someone writes who has been known here for less than the rules ask."""
    hours = submission.rules.known_hours
    if not hours or submission.moderator:
        return
    since = submission.author_since
    if since is None or runtime.now() - since < timedelta(hours=hours):
        yield Finding("newly_known", f"Known here for less than {hours} hours", status=PENDING)
