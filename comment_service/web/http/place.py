"""Read which site and page a request names, and check the origin that sent it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request
from werkzeug.datastructures import MultiDict

from comment_service.errors import InvalidFields, OriginUnknown
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session
from comment_service.storage.tables import Page, Site
from comment_service.text import addresses
from comment_service.text.origins import is_registered
from comment_service.text.sentences import sentence
from comment_service.web.http import known_sites
from comment_service.web.http.links import is_own_origin

MAX_TITLE = 300


@dataclass(frozen=True)
class PageRef:
    """A registered site and the URL of one of its pages."""

    site: Site
    url: str
    title: str


def of_page(page: Page) -> PageRef:
    """Return the place of a stored page."""
    return PageRef(page.site, page.url, page.title)


def requested_site(values: MultiDict[str, str]) -> Site:
    """Return the site that a request names in ``site``.

    Raises:
        SiteUnknown: there is no site with this key.
    """
    key = values.get("site", "")
    return _checked(sites.find(session(), key), key)


def _checked(site: Site | None, key: str) -> Site:
    if site is None:
        raise sites.unknown(key)
    return site


def page_to_write_on(values: MultiDict[str, str]) -> PageRef:
    """Return the same as ``page_ref``, with a site that may be known from the last second.

    The site belongs to no session and must not be changed.
    """
    key = values.get("site", "")
    return _page_of(_checked(known_sites.find(key), key), values)


def page_ref(values: MultiDict[str, str]) -> PageRef:
    """Return the site and the page that a request names; ``values`` must be sanitized.

    Raises:
        SiteUnknown: there is no site with this key.
        InvalidFields: ``url`` is not a valid URL.
        OriginUnknown: the URL's origin is not registered for the site.
    """
    return _page_of(requested_site(values), values)


def _page_of(site: Site, values: MultiDict[str, str]) -> PageRef:
    try:
        url = addresses.clean_page_url(values.get("url", ""))
        origin = addresses.origin(url)
    except ValueError as error:
        raise InvalidFields({"url": [f"{error}."]}) from None
    if not is_registered(origin, site.origins) and not is_own_origin(origin):
        raise OriginUnknown(
            sentence("Comments are not available on this address."),
            site_id=site.id,
            page_url=url,
        )
    return PageRef(site, url, clean_title(values.get("title", ""), url))


def clean_title(typed: str, url: str) -> str:
    """Return a page's title on one line; a URL is not a title."""
    title = " ".join(typed.split())[:MAX_TITLE]
    return "" if title == url[:MAX_TITLE] else title


def require_known_origin(site: Site) -> None:
    """Refuse a write request that a browser sends from an unknown website.

    Raises:
        OriginUnknown: the Origin header is neither ours nor registered for the site.
    """
    origin = request.headers.get("Origin")
    if origin is None or is_same_host():
        return
    if not is_registered(origin, site.origins):
        raise OriginUnknown(
            "%(origin)s may not write here. Open the page itself and send.", origin=origin[:200]
        )


def is_sent_by_page(at: PageRef) -> bool:
    """Return True if the page itself sends the request, not a page of ours with a title in its URL.

    A client without an Origin header is no browser with a forged link.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin == addresses.origin(at.url):
        return True
    return is_registered(origin, at.site.origins)


def is_sent_from(origin: str) -> bool:
    """Return True if a page of this origin sends the request, or one of ours such as its frame."""
    return request.headers.get("Origin") == origin or is_same_host()


def is_same_host() -> bool:
    """Return True if the request comes from a page of this host."""
    try:
        return urlsplit(request.headers.get("Origin", "")).netloc == request.host
    except ValueError:
        return False
