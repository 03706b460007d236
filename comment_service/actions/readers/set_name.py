"""Take a name and a website for an account: clean, not too long, with nothing against them."""

from sqlalchemy.orm import Session

from comment_service.errors import InvalidFields
from comment_service.runtime import Runtime
from comment_service.screening import names
from comment_service.text.names import clean_name, clean_website
from comment_service.text.sentences import sentence

LONGEST = 80
NO_NAME = sentence("Give a name of up to 80 characters.")
NO_WEBSITE = sentence("Write the address as https://example.org, or leave it out.")


def take_name(
    *, session: Session, runtime: Runtime, site_id: int, name: str, website: str = ""
) -> tuple[str, str]:
    """Return the name and the website as they can be kept on a site.

    Raises:
        InvalidFields: the name is empty or too long, the website is no address of the web, or one
            of them stands on the site's lists or belongs to a moderator.
    """
    kept, url = clean_name(name), clean_website(website[:2000])
    problems = {}
    if not 0 < len(kept) <= LONGEST:
        problems["name"] = [NO_NAME]
    elif why := names.against(session, runtime, site_id, kept, url):
        problems["name"] = [why]
    if website.strip() and not url:
        problems["website"] = [NO_WEBSITE]
    if problems:
        raise InvalidFields(problems)
    return kept, url


def fitting(session: Session, runtime: Runtime, site_id: int, name: str) -> str:
    """Return a name that a provider says, or "" where it does not fit: then it is asked for."""
    try:
        return take_name(session=session, runtime=runtime, site_id=site_id, name=name)[0]
    except InvalidFields:
        return ""
