"""The same text before: by the same hand here, on other pages, or known as spam.

Texts are compared by the hash of their folded form, so that invisible characters, look-alikes and
punctuation make no difference. Very short texts ("Thank you!") are nobody's campaign.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from comment_service.errors import AlreadySaid
from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.tables import DELETED, PENDING, PUBLISHED, SPAM, Comment

MIN_LENGTH = 30
"""Characters of folded text under which equality says nothing."""

_ELSEWHERE = 2


def text_hash(runtime: Runtime, submission: Submission) -> str:
    """Return the keyed hash under which a text is found again."""
    return runtime.keyed_hash("text", submission.key)


def repeated(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Refuse the same text by the same hand here; file copies of spam; hold what stands elsewhere.

    Raises:
        AlreadySaid: the same hand has said this on this page.
    """
    earlier = submission.earlier
    for comment in earlier:
        here = comment.page_id == submission.page_id and comment.status != DELETED
        if len(submission.key) < MIN_LENGTH:  # "Thank you!" may be said to many
            here = here and comment.parent_id == submission.parent_id
        if here and _same_hand(comment, submission):
            raise AlreadySaid(
                "You have said this here already; it is kept. Change the text to add something."
            )
    if len(submission.key) >= MIN_LENGTH:
        yield from _known_spam(earlier)
        yield from _elsewhere(earlier, submission)


def _same_hand(comment: Comment, submission: Submission) -> bool:
    """Tell whether one author, or one network under one name, wrote both."""
    if submission.author_id is not None and comment.author_id == submission.author_id:
        return True
    known = bool(submission.network) and comment.network == submission.network
    return known and comment.name == submission.name


def _known_spam(earlier: Sequence[Comment]) -> Iterator[Finding]:
    """File a copy of a text that a moderator, or a rule, filed as spam with it."""
    spam = [comment for comment in earlier if comment.status == SPAM]
    if spam and not any(comment.status == PUBLISHED for comment in earlier):
        sentence = f"Same text as comment {spam[0].id}, which was filed as spam"
        yield Finding("known_spam", sentence, 4.0, SPAM)


def _elsewhere(earlier: Sequence[Comment], submission: Submission) -> Iterator[Finding]:
    """Hold a text that stands on other pages already."""
    pages = {comment.page_id for comment in earlier} - {submission.page_id}
    if len(pages) >= _ELSEWHERE:
        yield Finding("repeated", f"The same text on {len(pages)} other pages", 2.0, PENDING)
