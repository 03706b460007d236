"""Have the worker tell the pages that a post links to of the post, by Webmention.

Only an owner's or a moderator's word starts it, for a page of the site. The links in comments are
never told: with them, this would send spam for whoever writes one.
"""

from sqlalchemy.orm import Session

from comment_service.errors import InvalidFields, OriginUnknown
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.pages import sent_webmentions
from comment_service.text import addresses
from comment_service.text.origins import is_registered


def order(*, session: Session, runtime: Runtime, site: t.Site, url: str) -> t.WebmentionPage:
    """Queue a page of a site. Idempotent while it waits.

    Raises:
        InvalidFields: the URL is invalid.
        OriginUnknown: its origin is not registered for the site.
    """
    try:
        clean = addresses.clean_page_url(url)
        origin = addresses.origin(clean)
    except ValueError as error:
        raise InvalidFields({"url": [f"{error}."]}) from None
    if not is_registered(origin, site.origins):
        raise OriginUnknown(
            "%(origin)s is not registered for %(site)s. Its owner can add it: %(command)s",
            origin=origin,
            site=site.name,
            command=f"comment-service site add-origin {site.key} {origin}",
        )
    return sent_webmentions.order(session, site.id, clean, runtime.now())
