"""Check for repeated texts: by the same author here, on other pages, or known as spam.

Texts are compared by the hash of their folded form, so that invisible characters, look-alikes and
punctuation make no difference. Very short texts ("Thank you!") do not count as repeats elsewhere.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from comment_service.errors import DuplicateComment
from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.comments.author_history import SameText
from comment_service.storage.tables import DELETED, PENDING, PUBLISHED, SPAM
from comment_service.text.sentences import staff_sentence

MIN_LENGTH = 30
"""Minimum length, in folded characters, of a text that counts as repeated on other pages."""

_ELSEWHERE = 2


def text_hash(runtime: Runtime, submission: Submission) -> str:
    """Return the keyed hash of a submission's folded text."""
    return runtime.keyed_hash("text", submission.key)


def repeated(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Refuse a repeat by the same author here; file copies of spam; hold texts from other pages.

    Raises:
        DuplicateComment: the same author has posted this text on this page.
    """
    earlier = submission.earlier
    for comment in earlier:
        here = comment.page_id == submission.page_id and comment.status != DELETED
        if len(submission.key) < MIN_LENGTH:  # "Thank you!" is a fine reply to several people
            here = here and comment.parent_id == submission.parent_id
        if here and _same_author(comment, submission):
            raise DuplicateComment("You already posted this. Change the text to add something.")
    if len(submission.key) >= MIN_LENGTH:
        yield from _known_spam(earlier)
        yield from _elsewhere(earlier, submission)


def _same_author(comment: SameText, submission: Submission) -> bool:
    """Return True if one author, or one network with the same name, wrote both."""
    if submission.author_id is not None and comment.author_id == submission.author_id:
        return True
    known = bool(submission.network) and comment.network == submission.network
    return known and comment.name == submission.name


def _known_spam(earlier: Sequence[SameText]) -> Iterator[Finding]:
    """File a copy of a text as spam if a moderator or a rule filed an earlier one as spam."""
    spam = [comment for comment in earlier if comment.status == SPAM]
    if spam and not any(comment.status == PUBLISHED for comment in earlier):
        sentence = staff_sentence(
            "Same text as comment %(number)s, which was filed as spam", number=spam[0].id
        )
        yield Finding("known_spam", sentence, 4.0, SPAM)


def _elsewhere(earlier: Sequence[SameText], submission: Submission) -> Iterator[Finding]:
    """Hold a text that already exists on other pages."""
    pages = {comment.page_id for comment in earlier} - {submission.page_id}
    if len(pages) >= _ELSEWHERE:
        yield Finding(
            "repeated",
            staff_sentence("The same text on %(number)s other pages", number=len(pages)),
            2.0,
            PENDING,
        )
