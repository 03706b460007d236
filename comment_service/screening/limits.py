"""Hard limits: closed page, guests, rate of submissions, number of links."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from comment_service.errors import AccountRequired, PageClosed, RateLimited
from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.comments import author_history
from comment_service.storage.tables import PENDING


def page_open(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Refuse comments in a closed thread, except by moderators."""
    if submission.page_closed and not submission.moderator:
        raise PageClosed("This thread is closed. Your text is kept here, so that you can copy it.")
    yield from ()


def guests(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Refuse guests if the rules require an account."""
    if submission.guest and not submission.rules.guests and not submission.moderator:
        raise AccountRequired(
            "Only people with an account comment here. Your text is kept: sign in, then send it."
        )
    yield from ()


def rate(session: Session, runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Refuse more comments from one network than the rules allow, except by moderators."""
    yield from ()
    if submission.moderator or not submission.network:
        return
    minute, hour = author_history.rate(
        session, submission.network, runtime.now(), submission.comment_id
    )
    rules = submission.rules
    if minute >= rules.rate_minute:
        raise RateLimited(
            "That was %(number)s comments within a minute. Wait a minute, then send again; "
            "your text is kept.",
            number=minute,
            retry_after=60,
        )
    if hour >= rules.rate_hour:
        raise RateLimited(
            "That was %(number)s comments within an hour. Send again in an hour; "
            "your text is kept.",
            number=hour,
            retry_after=3600,
        )


def link_count(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Hold a text with more links than the rules allow."""
    yield from link_count_findings(submission)


def link_count_findings(submission: Submission) -> Iterator[Finding]:
    """Yield a finding that holds a text with more links than the rules allow."""
    count = len(submission.links)
    if count > submission.rules.max_links:
        sentence = f"{count} links, more than the {submission.rules.max_links} allowed"
        yield Finding("links", sentence, weight=1.0, status=PENDING)
