"""Read the replies of posts on Mastodon and Bluesky that are shown under pages of ours.

It runs in a thread of its own, so that a server that hangs delays no mail. A reply that is gone
there goes here, an edited one is screened again, and a new one is screened like every comment.
"""

import hashlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from comment_service import fetching
from comment_service.actions.comments import take_copy
from comment_service.actions.comments.copy_from_elsewhere import Source
from comment_service.actions.comments.take_copy import Checked
from comment_service.notify.failures import log_failure
from comment_service.notify.social.bluesky import Bluesky
from comment_service.notify.social.mastodon import Mastodon
from comment_service.notify.social.thread_api import (
    BusyError,
    Client,
    GoneError,
    Reply,
    Service,
    StoppedError,
    Thread,
    UnchangedError,
)
from comment_service.runtime import Runtime
from comment_service.screening import model_cache
from comment_service.storage.admin import rules
from comment_service.storage.comments import leases, webmentions
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import syndicated_threads as stored
from comment_service.storage.tables import (
    PENDING,
    PUBLISHED,
    Comment,
    Page,
    SyndicatedThread,
    Webmention,
)
from comment_service.text.microformats import REPLY
from comment_service.text.syndication import BLUESKY, post_address

BATCH = 10
"""Threads that one call reads."""
NEW_AT_ONCE = 10
"""New replies that one reading takes over, so that an old thread is no flood of comments here."""
FLOOD_SHARE = 4
"""What a rule calls a flood is at least this many readings; three fit into its ten minutes."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Leased:
    """A thread that this worker reads, without a transaction."""

    id: int
    page_id: int
    site_id: int
    page_url: str
    url: str
    service: str
    host: str
    post_id: str
    etag: str
    removal: str
    is_first: bool
    started: datetime


def deliver_due(runtime: Runtime, stop: threading.Event | None = None) -> int:
    """Read the threads that are due, at most ``BATCH``; return how many."""
    done = 0
    while done < BATCH and not (stop is not None and stop.is_set()):
        leased = _lease(runtime)
        if leased is None:
            break
        try:
            if leased.removal:
                _withdraw_all(runtime, leased, stop)
            else:
                _read(runtime, leased, stop)
        except Exception as error:  # every error is stored with the thread, and tried again
            told = log_failure(_log, "a reading of replies", error)
            session().rollback()
            _fail(runtime, leased, told)
        done += 1
    return done


def _lease(runtime: Runtime) -> Leased | None:
    with transaction() as current:
        row = leases.lease_next(current, SyndicatedThread, runtime.now())
        if row is None:
            return None
        return Leased(
            id=row.id,
            page_id=row.page_id,
            site_id=row.site_id,
            page_url=row.page.url,
            url=row.url,
            service=row.service,
            host=row.host,
            post_id=row.post_id,
            etag=row.etag,
            removal=row.removal,
            is_first=row.published_at is None,
            started=runtime.now(),
        )


def _renew(runtime: Runtime, leased: Leased) -> None:
    with transaction():
        leases.renew(_locked(leased), runtime.now())


def _locked(leased: Leased) -> SyndicatedThread:
    return session().get_one(SyndicatedThread, leased.id, with_for_update=True)


def _locked_after_pages(leased: Leased, remote_id: str) -> SyndicatedThread:
    """Lock the pages of a thread and of a reply's comment, then the thread.

    Moderators lock them in the same order, so that neither waits for the other forever.
    """
    webmentions.lock_pages_of_reply(session(), leased.site_id, leased.id, remote_id)
    return _locked(leased)


def _fail(runtime: Runtime, leased: Leased, error: str, wait: timedelta | None = None) -> None:
    with transaction():
        stored.fail(
            _locked(leased), leased.started, runtime.now(), error, wait=wait, removal=leased.removal
        )


def _read(runtime: Runtime, leased: Leased, stop: threading.Event | None) -> None:
    """Read a thread and bring the comments here in line with it."""
    client = Client(runtime.now, lambda: _renew(runtime, leased), stop)
    try:
        _take_over(runtime, leased, _service(client, leased), stop)
    except StoppedError:
        pass  # the lease ends, and another worker goes on
    except GoneError as error:
        with transaction():
            stored.stop(_locked(leased), leased.started, str(error))
    except BusyError as error:
        _fail(runtime, leased, str(error), wait=error.wait)
        client.wait = max(client.wait, error.wait or timedelta())
    except fetching.FetchError as error:
        _fail(runtime, leased, error.to_owner)
    finally:
        client.close()
    if client.wait:
        with transaction() as current:
            until = runtime.now() + min(client.wait, stored.LONGEST_WAIT)
            stored.wait_for_host(current, leased.host, until)


def _service(client: Client, leased: Leased) -> Service:
    address = post_address(leased.url)
    if address is None:
        raise GoneError
    if leased.service == BLUESKY:
        return Bluesky(client, address, leased.post_id)
    return Mastodon(client, address)


def _take_over(
    runtime: Runtime, leased: Leased, service: Service, stop: threading.Event | None
) -> None:
    """Store what a thread says.

    Raises:
        FetchError: it cannot be read now.
    """
    try:
        thread = service.read(leased.etag, is_first=leased.is_first)
    except UnchangedError:
        _finish(runtime, leased, None, etag=leased.etag)
        return
    with transaction():
        row = _locked(leased)
        row.post_id, row.published_at = thread.post_id, thread.published or row.published_at
    reading = _Reading(runtime, leased, thread, webmentions.of_thread(session(), leased.id))
    session().rollback()  # no transaction is open while another server is asked
    reading.add_absent(service)
    model_cache.warm(session(), runtime, leased.site_id)
    for reply in _from_the_top(reading.replies, thread.post_id):
        if stop is not None and stop.is_set():
            return  # the lease ends, and another worker goes on
        reading.bring_in_line(reply)
    _finish(runtime, leased, reading, etag=thread.etag)


def _finish(runtime: Runtime, leased: Leased, reading: "_Reading | None", *, etag: str) -> None:
    """Store the end of a reading, None if nothing had changed."""
    unfinished = reading is not None and reading.is_unfinished
    waiting = reading is not None and (bool(reading.waiting) or reading.is_cut)
    is_whole = reading is None or not (unfinished or waiting or reading.absent)
    with transaction():
        stored.finish(
            _locked(leased),
            leased.started,
            runtime.now(),
            etag=etag if is_whole else "",
            is_unfinished=unfinished,
            is_waiting=waiting,
        )


class _Reading:
    """Brings the comments here in line with the replies of one answer.

    Attributes:
        replies: id → reply.
        absent: ids of known replies that the answer does not have, checked longest ago first; they
            may be gone, or the answer is shorter than the thread.
        waiting: ids of replies that wait for the next reading, or for a decision on their parent.
        is_cut: the answer has not all of the thread.
        is_unfinished: more is to do than this reading does.
    """

    def __init__(
        self, runtime: Runtime, leased: Leased, thread: Thread, rows: Sequence[Webmention]
    ) -> None:
        self.runtime, self.leased, self.root = runtime, leased, thread.post_id
        self.replies = {one.id: one for one in thread.replies}
        known = _comments_of(rows)
        self.absent = [row.remote_id for row in known if row.remote_id not in self.replies]
        self.waiting: set[str] = set()
        self.is_cut = thread.is_cut
        self.is_unfinished = False
        self._settled = {(row.key, row.digest) for row in rows}
        self._erased = {row.key for row in rows if row.state == webmentions.ERASED}
        self._new, self._most_new = 0, _most_new(runtime, leased)

    def add_absent(self, service: Service) -> None:
        """Look up replies that the answer does not have; remove those that are gone.

        Raises:
            FetchError: the server cannot be asked now.
        """
        if not self.absent:
            return
        found = service.look_up(self.absent)
        for key, reply in found.items():
            if reply is None:
                _remove(self.runtime, self.leased, key)
            else:
                self.replies[key] = reply
        with transaction() as current:
            webmentions.looked_up(current, self.leased.id, list(found), self.runtime.now())

    def bring_in_line(self, reply: Reply) -> None:
        """Add or update the comment of a reply, unless nothing changed or it has to wait."""
        key, digest = webmentions.reply_key(self.leased.id, reply.id), _digest(reply)
        if key in self._erased or (key, digest) in self._settled:
            return
        row, parent_id = _row(self.leased, reply.id), None
        is_new, waits = row is None or row.comment_id is None, False
        if is_new and self._new >= self._most_new:
            self.is_unfinished = waits = True
        elif is_new:
            parent_id, waits = self._parent(reply)
        session().rollback()  # it has only read
        if waits:
            self.waiting.add(reply.id)
            return
        self._new += is_new
        self._store(reply, digest, parent_id)

    def _parent(self, reply: Reply) -> tuple[int | None, bool]:
        """Return the comment that a reply hangs below, None for the page, and if it has to wait.

        It waits while its parent waits, for a moderator or for the next reading. Where the parent
        is no public comment of the page for another reason, the nearest one above takes its place.
        """
        above, seen = reply.parent, {reply.id}
        while above and above != self.root and above not in seen:
            if above in self.waiting:
                return None, True
            seen.add(above)
            row = _row(self.leased, above)
            key = row.comment_id if row is not None else None
            comment = session().get(Comment, key) if key is not None else None
            if comment is not None and comment.page_id == self.leased.page_id:
                if comment.status == PENDING:
                    return None, True
                if comment.status == PUBLISHED:
                    return comment.id, False
            above = self.replies[above].parent if above in self.replies else ""
        return None, False

    def _store(self, reply: Reply, digest: str, parent_id: int | None) -> None:
        """Add or update a comment; a server's replies have no network, so no rate limits hold."""
        source = _source(self.leased, reply)
        draft = source.draft(self.runtime, self.leased.page_url, parent_id)
        with transaction() as current:
            thread = _locked_after_pages(self.leased, reply.id)
            now = self.runtime.now()
            if thread.removal:
                return
            leases.renew(thread, now)
            row = webmentions.of_reply(current, thread, reply.id, reply.url, now)
            if row.state == webmentions.ERASED:  # meanwhile
                return
            checked = Checked(REPLY, source, draft)
            take_copy.accept(session=current, runtime=self.runtime, row=row, checked=checked)
            row.digest = digest


def _comments_of(rows: Sequence[Webmention]) -> Sequence[Webmention]:
    return [row for row in rows if row.state == webmentions.ACCEPTED and row.remote_id]


def _from_the_top(replies: Mapping[str, Reply], root: str) -> Iterator[Reply]:
    """Yield replies, each after the one that it replies to."""
    below: dict[str, list[Reply]] = {}
    for one in replies.values():
        below.setdefault(one.parent if one.parent in replies else root, []).append(one)
    waiting = list(below.get(root, ()))
    for one in waiting:  # breadth first; grows while it is read
        yield one
        waiting += below.pop(one.id, ())


def _digest(reply: Reply) -> str:
    """Return the hash of what a reply says; other numbers of likes change nothing."""
    return hashlib.sha256(repr(astuple(reply)).encode("utf-8", "backslashreplace")).hexdigest()


def _most_new(runtime: Runtime, leased: Leased) -> int:
    """Return how many new replies one reading takes over, far from what the rules call a flood."""
    page = session().get_one(Page, leased.page_id)
    flood = rules.of_page(runtime.settings, page.site, page).burst_comments
    return min(NEW_AT_ONCE, max(flood // FLOOD_SHARE, 1)) if flood else NEW_AT_ONCE


def _row(leased: Leased, remote_id: str) -> Webmention | None:
    return webmentions.find_reply(session(), leased.site_id, leased.id, remote_id)


def _source(leased: Leased, reply: Reply) -> Source:
    return Source(
        provider=leased.service,
        url=reply.url,
        author=reply.author_url,
        author_id=reply.author_id,
        voucher=leased.host,
        name=reply.name,
        text=reply.text,
        published=reply.published,
    )


def _remove(runtime: Runtime, leased: Leased, remote_id: str) -> None:
    """Remove the comment of a reply that is gone, or no longer public."""
    with transaction() as current:
        leases.renew(_locked_after_pages(leased, remote_id), runtime.now())
        row = webmentions.find_reply(current, leased.site_id, leased.id, remote_id, lock=True)
        if row is not None:
            take_copy.remove(session=current, runtime=runtime, row=row, reason="The reply is gone.")
            row.digest = ""


def _withdraw_all(runtime: Runtime, leased: Leased, stop: threading.Event | None) -> None:
    """Remove the comments of a removed thread, each in a transaction of its own."""
    rows = _comments_of(webmentions.of_thread(session(), leased.id))
    known = [row.remote_id for row in rows]
    session().rollback()  # each removal is a transaction of its own
    for remote_id in known:
        if stop is not None and stop.is_set():
            return
        _remove(runtime, leased, remote_id)
    with transaction():
        thread = _locked(leased)
        thread.leased_until = None
        if thread.removal:
            thread.due_at = None
