"""Validate the name and website of an account: length, blocklists, moderators' names."""

from sqlalchemy.orm import Session

from comment_service.errors import InvalidFields
from comment_service.runtime import Runtime
from comment_service.screening import names
from comment_service.text.names import MAX_NAME, clean_name, clean_website
from comment_service.text.sentences import sentence

NO_NAME = sentence("Enter a name of up to 80 characters.")
NO_WEBSITE = sentence("Enter an address like https://example.org, or leave it empty.")


def validate_name(
    *, session: Session, runtime: Runtime, site_id: int, name: str, website: str = ""
) -> tuple[str, str]:
    """Return the cleaned name and website.

    Raises:
        InvalidFields: the name is empty or too long, the website is not a web address, or one of
            them is on the site's blocklist or belongs to a moderator.
    """
    clean, url = clean_name(name), clean_website(website[:2000])
    problems = {}
    if not 0 < len(clean) <= MAX_NAME:
        problems["name"] = [NO_NAME]
    elif why := names.name_problem(session, runtime, site_id, clean, url):
        problems["name"] = [why]
    if website.strip() and not url:
        problems["website"] = [NO_WEBSITE]
    if problems:
        raise InvalidFields(problems)
    return clean, url


def valid_name_or_empty(session: Session, runtime: Runtime, site_id: int, name: str) -> str:
    """Return the name from a provider, or "" if it is not allowed; the reader then enters one."""
    try:
        return validate_name(session=session, runtime=runtime, site_id=site_id, name=name)[0]
    except InvalidFields:
        return ""
