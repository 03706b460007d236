"""Send Webmentions: fetch a page of ours, find its links and their endpoints, tell each of them.

It runs in a thread of its own: one page can have a hundred links, and their servers may hang.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from comment_service import fetching
from comment_service.actions.pages import send_webmentions
from comment_service.actions.pages.syndicate import add_named_by_rule
from comment_service.notify.failures import log_failure
from comment_service.notify.webmentions import AGENT
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import sent_webmentions
from comment_service.storage.pages.sent_webmentions import Outcome
from comment_service.storage.tables import SentWebmention, Site, WebmentionPage
from comment_service.text.linked_page import UnreadablePageError, endpoint_of, read_page
from comment_service.text.sentences import staff_sentence
from comment_service.text.syndication import named_posts

MAX_TARGETS = 100
"""Links of one page that are told."""
_GONE = (404, 410)
_MAX_URL = 2000
_PRIVATE = staff_sentence(
    "The page is on this machine or in a private network. In a terminal on the server: "
    "comment-service webmention send ADDRESS"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pass:
    """One pass over a page; ``first`` is False if only what failed before is tried again."""

    page_id: int
    url: str
    first: bool
    started: datetime


def deliver_due(runtime: Runtime, stop: threading.Event | None = None) -> int:
    """Send for the pages that are due; return how many."""
    done = 0
    while not (stop is not None and stop.is_set()):
        found = _lease(runtime)
        if found is None:
            break
        try:
            for _outcome in _send(runtime, found, guard=True, stop=stop):
                pass
        except Exception as error:  # every error is stored with the page, and tried again
            told = log_failure(_log, "sending of Webmentions", error)
            session().rollback()
            _finish(runtime, found, error=told, again=True)
        done += 1
    return done


def send_now(runtime: Runtime, site: Site, url: str) -> Iterator[Outcome]:
    """Send for a page of a site, which may be on a private network; yield the outcomes.

    Raises:
        FetchError: the page cannot be fetched, or the worker is sending for it.
        errors.Refusal: it is no page of the site.
    """
    with transaction() as current:
        page = send_webmentions.order(session=current, runtime=runtime, site=site, url=url)
        row = sent_webmentions.lease(current, runtime.now(), page.id)
        found = None if row is None else _pass(runtime, row)
    if found is None:
        raise fetching.FetchError("The worker is sending for this page already.")
    yield from _send(runtime, found, guard=False, stop=None)
    error = session().get_one(WebmentionPage, found.page_id, populate_existing=True).error
    session().rollback()
    if error:
        raise fetching.FetchError(error)


def _lease(runtime: Runtime) -> Pass | None:
    with transaction() as current:
        row = sent_webmentions.lease(current, runtime.now())
        return None if row is None else _pass(runtime, row)


def _pass(runtime: Runtime, row: WebmentionPage) -> Pass:
    return Pass(row.id, row.url, first=row.attempts == 1, started=runtime.now())


def _send(
    runtime: Runtime, found: Pass, *, guard: bool, stop: threading.Event | None
) -> Iterator[Outcome]:
    """Send for one page and store each outcome; yield it."""
    try:
        page = _page(found.url, guard=guard)
        links = _links(found.url, page)
    except fetching.PrivateAddressError:
        _finish(runtime, found, error=_PRIVATE)
        return
    except fetching.FetchError as error:
        _finish(runtime, found, error=str(error), again=True)
        return
    _add_named_posts(runtime, found, page)
    known = sent_webmentions.sent(session(), found.page_id)
    targets = _targets(links, known, first=found.first)
    session().rollback()  # no transaction is open while another server is asked
    failed = False
    for target in targets:
        if stop is not None and stop.is_set():
            return  # the lease ends, and another worker goes on
        outcome = _tell(found.url, target)
        failed = failed or sent_webmentions.is_temporary(outcome)
        with transaction() as current:
            sent_webmentions.record(current, found.page_id, outcome, runtime.now())
        yield outcome
    _finish(runtime, found, again=failed)


def _finish(runtime: Runtime, found: Pass, *, error: str = "", again: bool = False) -> None:
    with transaction() as current:
        row = current.get_one(WebmentionPage, found.page_id)
        sent_webmentions.finish(row, found.started, runtime.now(), error=error, again=again)


def _page(url: str, *, guard: bool) -> fetching.FetchedPage | None:
    """Fetch a page of ours; return None if it is gone.

    Raises:
        FetchError: it cannot be fetched now.
    """
    page = fetching.fetch_page(url, guard=guard, headers=AGENT)
    if page.status in _GONE:
        return None
    if page.status != 200:
        raise fetching.FetchError(f"The page answers with {page.status}.")
    return page


def _add_named_posts(runtime: Runtime, found: Pass, page: fetching.FetchedPage | None) -> None:
    """Show the replies of the posts that the page names, if the site's rules say so."""
    named = () if page is None else named_posts(page.html, page.url)
    with transaction() as current:
        row = current.get_one(WebmentionPage, found.page_id)
        add_named_by_rule(
            session=current,
            runtime=runtime,
            site=current.get_one(Site, row.site_id),
            url=row.url,
            named=named,
        )


def _links(url: str, page: fetching.FetchedPage | None) -> Sequence[str]:
    """Return the links of a page of ours to other hosts; none if it is gone.

    Raises:
        FetchError: it cannot be read.
    """
    if page is None:
        return []
    try:
        found = read_page(page.html, page.url).own_links
    except UnreadablePageError as error:
        raise fetching.FetchError(str(error)) from error
    own = {urlsplit(one).netloc for one in (url, page.url)}
    others = (link for link in found if urlsplit(link).netloc not in own and len(link) <= _MAX_URL)
    return list(others)[:MAX_TARGETS]


def _targets(
    links: Sequence[str], known: Sequence[SentWebmention], *, first: bool
) -> Sequence[Outcome]:
    """Return what to tell: the links, and links that the page had before, once."""
    before = {row.target: row for row in known}
    again = {target for target, row in before.items() if sent_webmentions.is_temporary(row)}
    told = [
        Outcome(link, before[link].endpoint if link in before else "")
        for link in links
        if first or link not in before or link in again
    ]
    gone = [
        Outcome(target, row.endpoint, linked=False)
        for target, row in before.items()
        if target not in links and row.endpoint and (row.linked or target in again)
    ]
    return [*told, *gone][: 2 * MAX_TARGETS]


def _tell(source: str, target: Outcome) -> Outcome:
    """Find a target's endpoint and send the Webmention; every failure is an outcome."""
    try:
        endpoint = _endpoint(target)
        if not endpoint:
            return Outcome(target.target, linked=target.linked)
        found = replace(target, endpoint=endpoint)
        with fetching.guarded_session() as client:
            answer = fetching.send_request(
                client,
                "POST",
                endpoint,
                data={"source": source, "target": target.target},
                headers=AGENT,
            )
    except (fetching.FetchError, ValueError) as error:  # also an address that requests refuses
        return replace(target, error=str(error))
    if answer.ok and not answer.is_redirect:
        return replace(found, status=answer.status_code)
    words = f"The site answers with {answer.status_code}."
    return replace(found, status=answer.status_code, error=words)


def _endpoint(target: Outcome) -> str:
    """Return the endpoint of a target, "" if it names none.

    A page that is gone or cannot be read is told of a removed link at its earlier endpoint.

    Raises:
        FetchError: the target's server does not answer.
    """
    page = fetching.fetch_page(target.target, guard=True, headers=AGENT)
    kind = page.headers.get("content-type", "").partition(";")[0].strip().lower()
    html = page.html if kind in {"text/html", "application/xhtml+xml"} else ""
    try:
        found = endpoint_of(read_page(html, page.url), page.headers, page.url)
    except UnreadablePageError as error:
        raise fetching.FetchError(str(error)) from error
    return found or ("" if target.linked else target.endpoint)
