"""Responses that browsers, shared caches and our own front may keep: the same for every reader."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from flask import Response, request

from comment_service.storage.admin import rules
from comment_service.storage.db import generations
from comment_service.storage.pages import page_state
from comment_service.storage.pages.page_state import State
from comment_service.storage.tables import Page, Site
from comment_service.web.http.context import runtime

REPLY = "comments.reply"
"""WSGI environment key under which the front (``web/front.py``) leaves a ``Reply``."""
ROUTE = "comments.route"
"""WSGI environment key: the pattern of the route that answers, for the metrics."""
_SECONDS = 60
_FRESH = "public, max-age=0, s-maxage=1"
_FRESH_AT_A_CDN = "max-age=1, stale-if-error=86400"
"""``s-maxage`` forbids stale answers, also while the service is down; RFC 9213 says this apart."""
_TAG = "Cache-Tag"


@dataclass
class Reply:
    """What a view tells the front about its response."""

    places: tuple[int, ...] = ()  # generations it depends on; none: must not be kept
    is_first: bool = False  # the first part of an existing thread, or another page for everyone
    packed: Mapping[str, bytes] = field(default_factory=dict)  # content coding → compressed body
    page: "KnownPage | None" = None


@dataclass(frozen=True)
class KnownPage:
    """The page that a response is about, by which the front checks it without asking the view."""

    id: int
    state: State
    until: datetime | None  # when it closes by its age


def share(*places: int, is_first: bool = True, packed: Mapping[str, bytes] | None = None) -> None:
    """Let the front keep this response until one of the generations changes.

    The response must not depend on cookies, the Authorization header or the client's address.
    """
    reply: Reply | None = request.environ.get(REPLY)
    if reply is not None:
        reply.places = (generations.EVERYTHING, *places)
        reply.is_first = is_first
        reply.packed = packed or {}


def share_page(site: Site, page: Page | None, *, is_first: bool = True) -> None:
    """Let the front keep a response about a page; ``page`` is None if it has no thread yet."""
    own: Iterable[int] = () if page is None else (generations.of_page(page.id),)
    share(generations.of_site(site.id), *own, is_first=is_first and page is not None)
    reply: Reply | None = request.environ.get(REPLY)
    if reply is not None and page is not None:
        applied = rules.of_page(runtime().settings, site, page)
        closes = None if page.closed_at else rules.closes_at(page, applied)
        if closes is None or closes > runtime().now():
            reply.page = KnownPage(page.id, page_state.of_row(page, site), closes)


def share_site(site_id: int) -> None:
    """Let the front keep a response about the comments of a whole site."""
    share(generations.of_site(site_id), generations.of_contents(site_id))


def withdraw() -> None:
    """Keep the front from keeping this response."""
    reply: Reply | None = request.environ.get(REPLY)
    if reply is not None:
        reply.places = ()


def is_current(tag: str) -> bool:
    """Return True if the client, or the front, has the response with this ETag already."""
    return request.if_none_match.contains(tag)


def cache_while_fresh(answer: Response, site: Site, page: Page | None) -> None:
    """Let shared caches keep a thread for one second, and a CDN for a day if the service is down.

    Browsers ask each time. Stale answers to the first reader after a quiet hour (as
    ``stale-while-revalidate`` allows) would be too old.
    """
    answer.headers["Cache-Control"] = _FRESH
    answer.headers["CDN-Cache-Control"] = _FRESH_AT_A_CDN
    name_for_purge(answer, site, page)


def name_for_purge(answer: Response, site: Site, page: Page | None = None) -> None:
    """Name the site and the page of an answer, so that a CDN can drop it by these names."""
    names = [f"comments-site-{quote(site.key)}"]
    if page is not None:
        names.append(f"comments-page-{page.id}")
    answer.headers[_TAG] = ",".join(names)


def cache_for(answer: Response, seconds: int) -> None:
    """Let every cache keep an answer for some seconds, and renew it in the same time again."""
    answer.headers["Cache-Control"] = (
        f"public, max-age={seconds}, stale-while-revalidate={seconds}, stale-if-error=86400"
    )


def cache_for_a_minute(answer: Response, site: Site) -> Response:
    """Let every cache keep an answer for a minute; it must not contain personal data."""
    cache_for(answer, _SECONDS)
    name_for_purge(answer, site)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Vary"] = "Accept-Language"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
