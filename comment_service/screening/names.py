"""Checks of names: moderators' names, roles and the site's name; an account's name and website."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.lists import listed
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.admin import seats
from comment_service.storage.db import prepared
from comment_service.storage.tables import PENDING, Site
from comment_service.text.same_name import imitates, is_role
from comment_service.text.sentences import sentence, staff_sentence

TAKEN = sentence("This name is reserved for a moderator. Choose another.")
LISTED = sentence("This name or website cannot be used here. Choose another.")


def moderator_name(
    session: Session, _runtime: Runtime, submission: Submission
) -> Iterator[Finding]:
    """Hold comments under a moderator's name, a role such as "Admin", or the site's name."""
    if not submission.author_blocked and (why := borrowed_name(session, submission)):
        yield Finding("moderator_name", why, status=PENDING)


def borrowed_name(session: Session, submission: Submission) -> str:
    """Return whose name a submission uses, in a sentence, "" if it is the author's own.

    Moderators may use all of these names, and a trusted author the name under which they are known.
    """
    name = submission.name
    if submission.moderator or not name:
        return ""
    if submission.author_trusted and name == submission.author_name:
        return ""
    if _is_moderator_name(session, submission):
        return staff_sentence("Uses a moderator’s name")
    site = prepared.get(session, Site, submission.site_id)
    if site is not None and not submission.writer and imitates(name, site.name):
        return staff_sentence("Uses the site’s name")
    return staff_sentence("Uses the name of a role") if is_role(name) else ""


def name_problem(session: Session, runtime: Runtime, site_id: int, name: str, website: str) -> str:
    """Return the reason why a site does not accept a name or website, "" if it accepts both."""
    if any(imitates(name, one) for one in seats.moderator_names(session, site_id)):
        return TAKEN
    submission = Submission(text="", name=name, url=website, site_id=site_id)
    return LISTED if any(listed(session, runtime, submission)) else ""


def _is_moderator_name(session: Session, submission: Submission) -> bool:
    """Return True if readers would take the name for that of another person who moderates."""
    site_id, author_id = submission.site_id, submission.author_id
    names = seats.moderating_names(session, site_id, besides=author_id)
    return any(imitates(submission.name, one) for one in names if one)
