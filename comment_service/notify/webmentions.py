"""Check received Webmentions: fetch the source, look for the link, and store what it says.

It runs in a thread of its own, so that a server that hangs delays no mail.
"""

import logging
import re
import threading
from dataclasses import dataclass

from comment_service import fetching
from comment_service.actions.comments import take_copy
from comment_service.actions.comments.copy_from_elsewhere import WEBMENTION, Source
from comment_service.actions.comments.take_copy import Checked
from comment_service.errors import RateLimited
from comment_service.notify.failures import log_failure
from comment_service.runtime import Runtime
from comment_service.screening import model_cache
from comment_service.storage.comments import leases, webmentions
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.storage.tables import PUBLISHED, Comment, Webmention
from comment_service.storage.tables.base import MAX_ID
from comment_service.text.addresses import clean_page_url
from comment_service.text.linked_page import UnreadablePageError, read_page
from comment_service.text.microformats import MAX_EXCERPT, MENTION, Mention, read_mention

AGENT = {"User-Agent": "comment_service (Webmention)"}
BATCH = 20
"""Sources that one call checks."""
_GONE = (404, 410)
_HTML = ("text/html", "application/xhtml+xml")
_COMMENT = re.compile(r"#comment-(\d{1,19})$", re.ASCII)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Leased:
    """A Webmention that is to be checked."""

    id: int
    site_id: int
    source: str
    target: str


class NoLinkError(Exception):
    """The source is gone or does not link to the target; the message says which."""


def deliver_due(runtime: Runtime, stop: threading.Event | None = None) -> int:
    """Check the sources that are due, at most ``BATCH``; return how many."""
    checked = 0
    while checked < BATCH and not (stop is not None and stop.is_set()):
        leased = _lease(runtime)
        if leased is None:
            break
        try:
            _check(runtime, leased)
        except Exception as error:  # every error is stored with the row, and tried again
            told = log_failure(_log, "a check of a Webmention", error)
            session().rollback()
            _put_off(runtime, leased.id, told)
        checked += 1
    return checked


def _lease(runtime: Runtime) -> Leased | None:
    with transaction() as current:
        row = leases.lease_next(current, Webmention, runtime.now())
        return None if row is None else Leased(row.id, row.site_id, row.source, row.target)


def _check(runtime: Runtime, leased: Leased) -> None:
    """Fetch a source and store what it says, or that it says nothing."""
    try:
        checked = _prepared(runtime, leased, *_fetched(leased))
    except NoLinkError as error:
        with transaction() as current:
            row = _locked_after_page(leased.id)
            take_copy.remove(session=current, runtime=runtime, row=row, reason=str(error))
        return
    except fetching.FetchError as error:
        _put_off(runtime, leased.id, str(error))
        return
    model_cache.warm(session(), runtime, leased.site_id)
    try:
        with transaction() as current:
            row = _locked_after_page(leased.id)
            if row.state != webmentions.ERASED:
                take_copy.accept(session=current, runtime=runtime, row=row, checked=checked)
    except RateLimited as error:
        _put_off(runtime, leased.id, error.message)


def _locked(row_id: int) -> Webmention:
    return session().get_one(Webmention, row_id, with_for_update=True)


def _locked_after_page(row_id: int) -> Webmention:
    """Lock the page of a row's comment, then the row, in the order in which moderators do."""
    webmentions.lock_page_of_comment(session(), row_id)
    return _locked(row_id)


def _put_off(runtime: Runtime, row_id: int, error: str) -> None:
    """Try again later; after the last attempt what is stored stays as it is."""
    with transaction():
        row = _locked(row_id)
        now = runtime.now()
        if row.state != webmentions.ERASED and not webmentions.put_off(row, now, error):
            known = row.state == webmentions.ACCEPTED
            state = webmentions.ACCEPTED if known else webmentions.REFUSED
            webmentions.settle(row, state, now, error)


def _fetched(leased: Leased) -> tuple[str, Mention]:
    """Return a source's title and what it says.

    Raises:
        FetchError: it cannot be fetched now.
        NoLinkError: it is gone, or does not link to the target.
    """
    page = fetching.fetch_page(leased.source, guard=True, headers=AGENT)
    if page.status in _GONE:
        raise NoLinkError(f"The source answers with {page.status}.")
    if page.status != 200:
        raise fetching.FetchError(f"The source answers with {page.status}.")
    kind = page.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/plain" and leased.target in page.html:
        return "", Mention(MENTION, text=page.html[:MAX_EXCERPT])
    if kind not in _HTML:
        raise NoLinkError("The source is no page that links to the target.")
    try:
        linked = read_page(page.html, page.url)
    except UnreadablePageError as error:
        raise NoLinkError(str(error)) from error
    target = _Target(leased.target)
    if not any(map(target, linked.links)):
        raise NoLinkError("The source does not link to the target.")
    return linked.title, read_mention(linked, target)


class _Target:
    """Tells whether a URL is a page of ours, in any spelling."""

    def __init__(self, url: str) -> None:
        self._key = webmentions.target_key(url)

    def __call__(self, url: str) -> bool:
        try:
            return webmentions.target_key(url) == self._key
        except ValueError:
            return False


def _prepared(runtime: Runtime, leased: Leased, title: str, said: Mention) -> Checked:
    """Return what a source says as a draft of a comment."""
    source = Source(
        provider=WEBMENTION,
        url=leased.source,
        author=said.author_url,
        name=said.name,
        text=said.text,
        title=title,
        published=said.published,
    )
    page_url = clean_page_url(leased.target)
    parent_id = _named_comment(leased, page_url)
    session().rollback()  # it has only read
    return Checked(said.kind, source, source.draft(runtime, page_url, parent_id))


def _named_comment(leased: Leased, page_url: str) -> int | None:
    """Return the comment that the target names if it is public on its page, else None."""
    named = _COMMENT.search(leased.target)
    page = pages.find(session(), leased.site_id, page_url)
    if named is None or page is None or int(named[1]) > MAX_ID:
        return None
    comment = session().get(Comment, int(named[1]))
    is_here = comment is not None and comment.page_id == page.id and comment.status == PUBLISHED
    return comment.id if comment is not None and is_here else None
