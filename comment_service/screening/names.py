"""A name and a website of an account: the site's lists hold for them, and moderators' names."""

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.lists import listed
from comment_service.screening.submission import Submission
from comment_service.storage.admin import seats
from comment_service.text.folding import fold_key
from comment_service.text.sentences import sentence

TAKEN = sentence("This name is kept for a moderator of the site. Choose another.")
LISTED = sentence("This name or website cannot be used here. Choose another.")


def against(session: Session, runtime: Runtime, site_id: int, name: str, website: str) -> str:
    """Return what stands against a name and a website on a site, "" where nothing does.

    Names are compared folded, so that look-alike letters make no second moderator.
    """
    if any(fold_key(one) == fold_key(name) for one in seats.names(session, site_id)):
        return TAKEN
    submission = Submission(text="", name=name, url=website, site_id=site_id)
    return LISTED if any(listed(session, runtime, submission)) else ""
