"""Checks of the author's history: blocked, trusted, first comment, recently registered."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.names import borrowed_name
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.comments import author_history
from comment_service.storage.readers import accounts
from comment_service.storage.tables import PENDING, PUBLISHED, REJECTED
from comment_service.text.sentences import staff_sentence

FIRST_COMMENT = staff_sentence("First comment by this author")
BLOCKED_NETWORK_TIME = timedelta(days=7)
"""How long newcomers from the network of a blocked author are held."""


def blocked(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Reject comments by a blocked author."""
    if submission.author_blocked:
        openly = staff_sentence("A moderator blocked this author")
        quietly = staff_sentence("A moderator blocked this author, who does not know")
        sentence = quietly if submission.author_shadowed else openly
        yield Finding("blocked", sentence, status=REJECTED)


def blocked_network(
    session: Session, runtime: Runtime, submission: Submission
) -> Iterator[Finding]:
    """Hold newcomers from a network of a blocked author: a fresh browser is a new guest."""
    if not submission.network or submission.author_blocked or submission.moderator:
        return
    if submission.known.get("author_published"):
        return
    now = runtime.now()
    if author_history.network_of_blocked(
        session, submission.site_id, submission.network, since=now - BLOCKED_NETWORK_TIME, now=now
    ):
        sentence = staff_sentence(
            "From a network from which a blocked author wrote in the last days"
        )
        yield Finding("blocked_network", sentence, weight=1.0, status=PENDING)


def trusted(session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Publish comments by moderators and trusted authors, unless they are blocked.

    Trust in an author does not cover another person's name.
    """
    if submission.author_blocked:
        return
    if submission.moderator:
        written = staff_sentence("Written by a moderator")
        changed = staff_sentence("Changed by a moderator")
        sentence = written if submission.comment_id is None else changed
        yield Finding("moderator", sentence, weight=-9.0, status=PUBLISHED)
    elif submission.author_trusted and not borrowed_name(session, submission):
        yield Finding(
            "trusted",
            staff_sentence("A moderator trusts this author"),
            weight=-9.0,
            status=PUBLISHED,
        )


def first_comment(session: Session, runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Report a first comment; hold it if the policy says so, or if it contains a link.

    Comment spam usually aims at a link, and a spammer's author is always new. An account with a
    verified identity is no throw-away account, so a link alone is no reason to hold its comment.
    A copy of a page elsewhere links to that page.
    """
    published, rules = int(submission.known.get("author_published", 0)), submission.rules
    if rules.policy == "first" and published < rules.approved_before:
        sentence = staff_sentence(
            "%(number)s published comments by this author; %(required)s required",
            number=published,
            required=rules.approved_before,
        )
        yield Finding("first_comment", sentence if published else FIRST_COMMENT, 0.3, PENDING)
    elif published:
        return
    elif (submission.links or submission.source_url) and rules.policy == "uncertain":
        yield _with_link(session, runtime, submission)
    else:
        yield Finding("first_comment", FIRST_COMMENT, 0.3)


def _with_link(session: Session, runtime: Runtime, submission: Submission) -> Finding:
    author, providers = submission.author_id, runtime.providers
    if author and accounts.is_vouched_for(session, author, providers):
        return Finding(
            "proven",
            staff_sentence("First comment by this author, with a link; the identity is verified"),
        )
    sentence = staff_sentence("First comment by this author, with a link")
    return Finding("first_comment_link", sentence, 0.6, PENDING)


def newly_known(_session: Session, runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Hold comments by authors who registered more recently than the rules require."""
    hours = submission.rules.known_hours
    if not hours or submission.moderator:
        return
    since = submission.author_since
    if since is None or runtime.now() - since < timedelta(hours=hours):
        yield Finding(
            "newly_known",
            staff_sentence("First seen here less than %(hours)s hours ago", hours=hours),
            status=PENDING,
        )
