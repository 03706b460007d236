"""Threads on Mastodon and Bluesky whose replies are shown under a page, and when each is read."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from comment_service.storage.tables import Page, SyndicatedThread
from comment_service.text.syndication import PostAddress, post_address

KEEP, WITHDRAW = "keep", "withdraw"
"""Values of ``removal``: the replies of a removed thread stay, or go."""
MAX_THREADS = 10
"""Threads of one page."""
INTERVALS = (
    (timedelta(hours=6), timedelta(minutes=5)),
    (timedelta(days=2), timedelta(minutes=30)),
    (timedelta(days=14), timedelta(hours=4)),
    (timedelta(days=60), timedelta(days=1)),
)
"""Up to which age of a post it is read, and how often; an older one is not read by itself."""
SOON = timedelta(minutes=5)
"""When a thread is read again of which something is left to do."""
HELD_AGAIN = timedelta(days=1)
"""How often an old thread is read while a reply waits."""
FAILED_AGAIN, LONGEST_WAIT = timedelta(minutes=5), timedelta(days=1)
MAX_ATTEMPTS = 12
"""Readings that fail one after another, in about six days, after which a thread is not read."""


def key_of(url: str) -> str:
    """Return the key of a post's address."""
    return hashlib.sha256(url.encode()).hexdigest()


def find(session: Session, page_id: int, address: PostAddress) -> SyndicatedThread | None:
    """Return the row of a page's post in any spelling, also of a removed one, locked."""
    query = select(SyndicatedThread).where(SyndicatedThread.page_id == page_id)
    rows = session.scalars(query.order_by(SyndicatedThread.id).with_for_update())
    return next((row for row in rows if _is_of(row, address)), None)


def _is_of(row: SyndicatedThread, address: PostAddress) -> bool:
    """Return True for the row of a post, False for one that gave way to another in a merge."""
    there = post_address(row.url)
    return row.key == key_of(row.url) and there is not None and there.is_same_post(address)


def of_page(session: Session, page_id: int) -> Sequence[SyndicatedThread]:
    """Return the threads of a page that are not removed, in the order they were added."""
    query = select(SyndicatedThread).where(
        SyndicatedThread.page_id == page_id, SyndicatedThread.removal == ""
    )
    return list(session.scalars(query.order_by(SyndicatedThread.id)))


def new(session: Session, page: Page, address: PostAddress, now: datetime) -> SyndicatedThread:
    """Add a thread to a page; it is not read before it is ordered."""
    row = SyndicatedThread(
        site_id=page.site_id,
        page_id=page.id,
        key=key_of(address.url),
        service=address.service,
        url=address.url,
        host=address.host,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def order(session: Session, row: SyndicatedThread, now: datetime) -> None:
    """Have a thread read whole, as soon as its server wants to be asked again."""
    waits = select(SyndicatedThread.wait_until).where(
        SyndicatedThread.host == row.host, SyndicatedThread.wait_until > now
    )
    until = session.scalar(waits.order_by(SyndicatedThread.wait_until.desc()).limit(1))
    row.due_at, row.wait_until = until or now, until
    row.attempts, row.error, row.etag = 0, "", ""


def remove(row: SyndicatedThread, now: datetime, removal: str) -> None:
    """Remove a thread; the worker withdraws its replies if they go too."""
    row.removal, row.attempts, row.error = removal, 0, ""
    row.due_at = now if removal == WITHDRAW else None


def wait_for_host(session: Session, host: str, until: datetime) -> None:
    """Ask a server for nothing before a time."""
    waiting = update(SyndicatedThread).where(SyndicatedThread.host == host)
    session.execute(waiting.values(wait_until=until).execution_options(synchronize_session="fetch"))
    early = waiting.where(SyndicatedThread.due_at < until, SyndicatedThread.removal == "")
    session.execute(early.values(due_at=until).execution_options(synchronize_session="fetch"))


def finish(
    row: SyndicatedThread,
    started: datetime,
    now: datetime,
    *,
    etag: str,
    is_unfinished: bool,
    is_waiting: bool,
) -> None:
    """Store that a thread was read, and when it is read again.

    Args:
        row: the thread, leased.
        started: when the reading began; a thread that was ordered since then stays due.
        now: the time.
        etag: of the answer.
        is_unfinished: more replies are there than were taken over.
        is_waiting: a reply waits for a decision on its parent, or for a reading that gets to it.
    """
    is_ordered_again = _is_ordered_again(row, started)
    row.leased_until, row.read_at = None, now
    if is_ordered_again:
        return
    row.attempts, row.error, row.etag = 0, "", etag
    age = now - (row.published_at or row.created_at)
    step = next((step for until, step in INTERVALS if age < until), None)
    if is_unfinished:
        step = SOON
    elif is_waiting:
        step = step or HELD_AGAIN
    row.due_at = now + step if step else None


def _is_ordered_again(row: SyndicatedThread, started: datetime, removal: str = "") -> bool:
    """Return True if somebody ordered or removed a thread since its reading began.

    ``removal`` is what it was then.
    """
    return row.removal != removal or (row.due_at is not None and row.due_at > started)


def fail(
    row: SyndicatedThread,
    started: datetime,
    now: datetime,
    error: str,
    *,
    wait: timedelta | None = None,
    removal: str = "",
) -> None:
    """Store why a thread could not be read; ``wait`` is how long its server wants to be left alone.

    It is read again later, unless that failed ``MAX_ATTEMPTS`` times. With ``removal``, its replies
    could not be removed; that is tried until it succeeds.
    """
    is_ordered_again = _is_ordered_again(row, started, removal)
    row.leased_until, row.error = None, error
    if is_ordered_again:
        return
    backoff = min(FAILED_AGAIN * 2 ** min(row.attempts - 1, MAX_ATTEMPTS), LONGEST_WAIT)
    again = removal != "" or row.attempts < MAX_ATTEMPTS
    row.due_at = now + max(backoff, min(wait or backoff, LONGEST_WAIT)) if again else None


def stop(row: SyndicatedThread, started: datetime, error: str) -> None:
    """Store why a thread is read no more by itself."""
    is_ordered_again = _is_ordered_again(row, started)
    row.leased_until, row.error = None, error
    if not is_ordered_again:
        row.due_at = None


def move(session: Session, from_id: int, to_id: int, now: datetime) -> None:
    """Move a page's threads; the replies of one that both pages have go from the page that goes."""
    there = _all_of(session, to_id)
    for row in _all_of(session, from_id):
        address = post_address(row.url)
        if address is not None and any(_is_of(other, address) for other in there):
            row.key = key_of(f"{row.url} {row.id}")
            remove(row, now, WITHDRAW)
        row.page_id = to_id
    session.flush()


def _all_of(session: Session, page_id: int) -> Sequence[SyndicatedThread]:
    query = select(SyndicatedThread).where(SyndicatedThread.page_id == page_id)
    return list(session.scalars(query))
