"""What a page says of its own address: where it leads, and which address it calls canonical."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.actions.pages.edit_page import own_address
from comment_service.errors import InvalidFields, OriginUnknown
from comment_service.fetching import Fetched
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.pages import pages
from comment_service.text import markup

REDIRECT, CANONICAL = "redirect", "canonical"


@dataclass(frozen=True)
class Named:
    """Another address that a page gives itself.

    ``how`` is ``redirect`` or ``canonical``; ``usable`` says whether the page can have it: it is
    registered for the site. ``other`` is the thread that stands there, if any.
    """

    url: str
    how: str
    usable: bool
    other: t.Page | None


@dataclass(frozen=True)
class Looked:
    """What a page answered with: its HTTP status, and the other addresses it gives itself."""

    status: int
    named: Sequence[Named]


def find_address(
    *, session: Session, runtime: Runtime, page_id: int, fetched: Fetched, moderator_id: int
) -> Looked:
    """Return what a page says of its address; nothing is changed.

    ``fetched`` is what came at the page's address. A page that is not there says nothing.

    Raises:
        NotThere: there is no such page where the moderator decides.
    """
    page = rights.page(session, moderator_id, page_id)
    if fetched.status >= 400:
        return Looked(fetched.status, ())
    canonical = markup.read(fetched.html, fetched.url).canonical
    found: dict[str, Named] = {}
    for typed, how in ((fetched.url, REDIRECT), (canonical, CANONICAL)):
        one = _named(session, runtime, page, typed, how)
        if one is not None:
            found.setdefault(one.url, one)
    return Looked(fetched.status, list(found.values()))


def _named(session: Session, runtime: Runtime, page: t.Page, typed: str, how: str) -> Named | None:
    """Return an address, None where it is the page's own or no address at all."""
    try:
        url = own_address(session, runtime, page, typed)
    except InvalidFields:
        return None
    except OriginUnknown:
        return Named(typed[:2000], how, usable=False, other=None)
    if url == page.url:
        return None
    there = pages.find(session, page.site_id, url)
    other = there if there is not None and there.id != page.id else None
    return Named(url, how, usable=True, other=other)
