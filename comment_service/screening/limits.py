"""Hard limits: closed page, guests, rate of submissions, number of links."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from comment_service.errors import AccountRequired, PageClosed, RateLimited
from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.comments import author_history
from comment_service.storage.tables import PENDING
from comment_service.text.sentences import staff_sentence

NETWORK_FACTOR = 6
"""How many times one author's limits a whole network may send."""
AREA_FACTOR = 4
"""How many times one network's hourly limits an IPv6 /48, which one customer can own, may send."""

_FULL_NETWORK = "Too many requests from your network. Wait a minute; what you typed is kept."


def page_open(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Refuse comments in a closed thread, except by moderators."""
    if submission.page_closed and not submission.moderator:
        raise PageClosed("Comments are closed. Your text is kept here, so that you can copy it.")
    yield from ()


def guests(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Refuse guests if the rules require an account."""
    if submission.guest and not submission.rules.guests and not submission.moderator:
        raise AccountRequired("Sign in to comment here. Your text is kept.")
    yield from ()


def rate(session: Session, runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Refuse more comments from one author than the rules allow, except by moderators.

    A school, an office or a mobile provider shares one network: its authors are counted apart, but
    what exceeds one author's limit in total is held, and ``NETWORK_FACTOR`` times it is refused.
    An IPv6 /48, which has 65,536 networks, may send ``AREA_FACTOR`` times as much.
    """
    if submission.moderator or not submission.network:
        return
    rules = submission.rules
    sent = author_history.rate(
        session,
        submission.network,
        runtime.now(),
        author_id=submission.author_id,
        name=submission.name,
        least=min(rules.rate_minute, rules.rate_hour),
        comment_id=submission.comment_id,
    )
    if sent.author_minute >= rules.rate_minute:
        raise RateLimited(
            "That was %(number)s comments within a minute. Wait a minute, then send again; "
            "your text is kept.",
            number=sent.author_minute,
            retry_after=60,
        )
    if sent.author_hour >= rules.rate_hour:
        raise RateLimited(
            "That was %(number)s comments within an hour. Send again in an hour; "
            "your text is kept.",
            number=sent.author_hour,
            retry_after=3600,
        )
    if sent.network_minute >= NETWORK_FACTOR * rules.rate_minute:
        raise RateLimited(_FULL_NETWORK, retry_after=60)
    full = NETWORK_FACTOR * rules.rate_hour
    if sent.network_hour >= full or sent.area_hour >= AREA_FACTOR * full:
        raise RateLimited(_FULL_NETWORK, retry_after=600)
    if sent.network_minute >= rules.rate_minute or sent.network_hour >= rules.rate_hour:
        sentence = staff_sentence(
            "%(number)s comments from the same network within an hour", number=sent.network_hour
        )
        yield Finding("network_rate", sentence, weight=1.0, status=PENDING)
    elif sent.area_hour >= AREA_FACTOR * rules.rate_hour:
        sentence = staff_sentence(
            "%(number)s comments from neighbouring networks (IPv6) within an hour",
            number=sent.area_hour,
        )
        yield Finding("network_rate", sentence, weight=1.0, status=PENDING)


def link_count(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Hold a text with more links than the rules allow."""
    yield from link_count_findings(submission)


def link_count_findings(submission: Submission) -> Iterator[Finding]:
    """Yield a finding that holds a text with more links than the rules allow."""
    count = len(submission.links)
    if count > submission.rules.max_links:
        sentence = staff_sentence(
            "%(number)s links, more than the %(allowed)s allowed",
            number=count,
            allowed=submission.rules.max_links,
        )
        yield Finding("links", sentence, weight=1.0, status=PENDING)
