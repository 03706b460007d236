"""Check an account's name and website against blocklists and moderators' names."""

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.lists import listed
from comment_service.screening.submission import Submission
from comment_service.storage.admin import seats
from comment_service.text.folding import fold_key
from comment_service.text.sentences import sentence

TAKEN = sentence("This name is kept for a moderator of the site. Choose another.")
LISTED = sentence("This name or website cannot be used here. Choose another.")


def name_problem(session: Session, runtime: Runtime, site_id: int, name: str, website: str) -> str:
    """Return the reason why a site does not accept a name or website, "" if it accepts both.

    Names are compared folded, so that look-alike letters cannot imitate a moderator's name.
    """
    if any(fold_key(one) == fold_key(name) for one in seats.moderator_names(session, site_id)):
        return TAKEN
    submission = Submission(text="", name=name, url=website, site_id=site_id)
    return LISTED if any(listed(session, runtime, submission)) else ""
