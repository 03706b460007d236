"""Find the other URLs that a page states for itself: its redirect target and its canonical URL."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.actions.pages.edit_page import site_address
from comment_service.errors import InvalidFields, OriginUnknown
from comment_service.fetching import FetchedPage
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.pages import pages
from comment_service.text import markup

REDIRECT, CANONICAL = "redirect", "canonical"


@dataclass(frozen=True)
class OtherAddress:
    """Another URL that a page states for itself.

    ``how`` is ``redirect`` or ``canonical``. ``usable`` is True if its origin is registered for the
    site. ``other`` is another page with this URL, if any.
    """

    url: str
    how: str
    usable: bool
    other: t.Page | None


@dataclass(frozen=True)
class AddressCheck:
    """The HTTP status of a fetched page, and the other URLs that it states."""

    status: int
    named: Sequence[OtherAddress]


def check_address(
    *, session: Session, runtime: Runtime, page_id: int, fetched: FetchedPage, moderator_id: int
) -> AddressCheck:
    """Return the other URLs of a page; nothing is changed.

    ``fetched`` is the response at the page's URL. An error response states no URLs.

    Raises:
        DoesNotExist: there is no such page on the moderator's sites.
    """
    page = rights.require_page(session, moderator_id, page_id)
    if fetched.status >= 400:
        return AddressCheck(fetched.status, ())
    canonical = markup.parse_page(fetched.html, fetched.url).canonical
    addresses: dict[str, OtherAddress] = {}
    for typed, how in ((fetched.url, REDIRECT), (canonical, CANONICAL)):
        address = _other_address(session, runtime, page, typed, how)
        if address is not None:
            addresses.setdefault(address.url, address)
    return AddressCheck(fetched.status, list(addresses.values()))


def _other_address(
    session: Session, runtime: Runtime, page: t.Page, typed: str, how: str
) -> OtherAddress | None:
    """Return the stated URL, None if it is the page's own or invalid."""
    try:
        url = site_address(session, runtime, page, typed)
    except InvalidFields:
        return None
    except OriginUnknown:
        return OtherAddress(typed[:2000], how, usable=False, other=None)
    if url == page.url:
        return None
    existing = pages.find(session, page.site_id, url)
    other = existing if existing is not None and existing.id != page.id else None
    return OtherAddress(url, how, usable=True, other=other)
