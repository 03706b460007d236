"""Copies of pages elsewhere: Webmentions, and the replies of syndicated threads.

Of Webmentions there is one row for each source and target, and the rows to check are a queue; of
replies one for each thread and reply, which is checked whenever its thread is read.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, union, update
from sqlalchemy.orm import Session

from comment_service.storage.comments.leases import LEASE
from comment_service.storage.db import locks
from comment_service.storage.db.paging import change_some
from comment_service.storage.tables import Comment, PageLike, SyndicatedThread, Webmention
from comment_service.text.addresses import clean_page_url, page_key

WAITING, ACCEPTED, REFUSED, GONE, ERASED = "waiting", "accepted", "refused", "gone", "erased"
"""To be checked for the first time; a comment or a like; not accepted; removed by its source;
deleted here, which lasts."""
RETRIES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
"""When a source that cannot be fetched is tried again."""
KEEP_REFUSED = timedelta(days=30)
MAX_PER_PAGE = 200
"""Webmentions of one page that pages of one host may send."""
MAX_WAITING = 500
"""Webmentions of one site that wait to be checked."""


def target_key(target: str) -> str:
    """Return the key of a page of ours, the same for all spellings of its address.

    Raises:
        ValueError: not an http(s) URL.
    """
    return hashlib.sha256(page_key(clean_page_url(target)).encode()).hexdigest()


def find(session: Session, site_id: int, source: str, target: str) -> Webmention | None:
    """Return the row of a source and a target on a site, locked until the transaction ends."""
    query = select(Webmention).where(
        Webmention.site_id == site_id, Webmention.key == _key(source, target)
    )
    return session.scalar(query.with_for_update())


def _key(source: str, target: str) -> str:
    return hashlib.sha256(f"{source}\n{target_key(target)}".encode()).hexdigest()


def new(session: Session, site_id: int, source: str, target: str, now: datetime) -> Webmention:
    """Add a row that waits to be checked."""
    row = Webmention(
        site_id=site_id,
        key=_key(source, target),
        target_key=target_key(target),
        source=source,
        target=target,
        host=host_of(source),
        state=WAITING,
        created_at=now,
        due_at=now,
    )
    session.add(row)
    session.flush()
    return row


def host_of(url: str) -> str:
    """Return the host of a URL."""
    return (urlsplit(url).hostname or "")[:255]


def lock_page_of_comment(session: Session, row_id: int) -> None:
    """Lock the page of a row's comment, if it has one."""
    page = select(Comment.page_id).join(Webmention, Webmention.comment_id == Comment.id)
    page = page.where(Webmention.id == row_id)
    locks.lock_found_pages(session, lambda: session.scalars(page).all())


def is_full(session: Session, site_id: int, source: str, target: str) -> bool:
    """Return True if pages of a host have sent as many for a page as they may."""
    of_host = (
        Webmention.site_id == site_id,
        Webmention.target_key == target_key(target),
        Webmention.host == host_of(source),
    )
    found = select(Webmention.id).where(*of_host).limit(MAX_PER_PAGE).subquery()
    return (session.scalar(select(func.count()).select_from(found)) or 0) >= MAX_PER_PAGE


def is_queue_full(session: Session, site_id: int) -> bool:
    """Return True if as many wait on a site as may."""
    waiting = select(Webmention.id).where(
        Webmention.due_at.is_not(None), Webmention.site_id == site_id
    )
    found = waiting.limit(MAX_WAITING).subquery()
    return (session.scalar(select(func.count()).select_from(found)) or 0) >= MAX_WAITING


def put_off(row: Webmention, now: datetime, error: str) -> bool:
    """Check a row again later and return True; False if it was tried often enough."""
    if row.attempts > len(RETRIES):
        return False
    row.leased_until, row.error = None, error
    row.due_at = now + RETRIES[row.attempts - 1]
    return True


def settle(row: Webmention, state: str, now: datetime, error: str = "") -> None:
    """Store the result of a check; one that was sent again meanwhile is checked again."""
    started = now if row.leased_until is None else row.leased_until - LEASE
    is_sent_again = row.due_at is not None and row.due_at > started
    row.state, row.error, row.checked_at = state, error, now
    row.leased_until, row.attempts = None, 0
    if not is_sent_again:
        row.due_at, row.network = None, ""


def of_thread(session: Session, thread_id: int) -> Sequence[Webmention]:
    """Return the rows of a thread's replies, those that were checked longest ago first."""
    query = select(Webmention).where(Webmention.thread_id == thread_id)
    return list(session.scalars(query.order_by(Webmention.checked_at, Webmention.id)))


def reply_key(thread_id: int, remote_id: str) -> str:
    """Return the key of a thread's reply, which stays when the reply is erased."""
    return hashlib.sha256(f"{thread_id}\n{remote_id}".encode()).hexdigest()


def find_reply(
    session: Session, site_id: int, thread_id: int, remote_id: str, *, lock: bool = False
) -> Webmention | None:
    """Return the row of a thread's reply; with ``lock``, locked until the transaction ends."""
    key = reply_key(thread_id, remote_id)
    query = select(Webmention).where(Webmention.site_id == site_id, Webmention.key == key)
    return session.scalar(query.with_for_update() if lock else query)


def lock_pages_of_reply(session: Session, site_id: int, thread_id: int, remote_id: str) -> None:
    """Lock the page of a thread, and that of its reply's comment, which may be another one."""
    here = select(SyndicatedThread.page_id).where(
        SyndicatedThread.id == thread_id, SyndicatedThread.site_id == site_id
    )
    there = select(Comment.page_id).join(Webmention, Webmention.comment_id == Comment.id)
    there = there.where(
        Webmention.site_id == site_id, Webmention.key == reply_key(thread_id, remote_id)
    )
    pages = union(here, there)
    locks.lock_found_pages(session, lambda: session.scalars(pages).all())


def looked_up(session: Session, thread_id: int, remote_ids: Sequence[str], now: datetime) -> None:
    """Store that these replies of a thread were looked up, so that others have their turn."""
    rows = update(Webmention).where(
        Webmention.thread_id == thread_id, Webmention.remote_id.in_(remote_ids)
    )
    session.execute(rows.values(checked_at=now).execution_options(synchronize_session="fetch"))


def of_reply(
    session: Session, thread: SyndicatedThread, remote_id: str, source: str, now: datetime
) -> Webmention:
    """Return the row of a thread's reply, locked; a new one if there is none.

    A reply that another thread of the page has, read from the same server, is the same comment.
    """
    row = find_reply(session, thread.site_id, thread.id, remote_id, lock=True)
    if row is None:
        key = reply_key(thread.id, remote_id)
        row = Webmention(
            site_id=thread.site_id, thread_id=thread.id, key=key, target_key="", target="",
            created_at=now, comment_id=_comment_of_twin(session, thread, remote_id),
        )  # fmt: skip
        row.state = WAITING if row.comment_id is None else ACCEPTED
        session.add(row)
    if row.state != ERASED:
        row.remote_id, row.source, row.host = remote_id, source, thread.host
    session.flush()
    return row


def _comment_of_twin(session: Session, thread: SyndicatedThread, remote_id: str) -> int | None:
    others = select(SyndicatedThread.id).where(
        SyndicatedThread.page_id == thread.page_id,
        SyndicatedThread.host == thread.host,
        SyndicatedThread.id != thread.id,
    )
    keys = [reply_key(other, remote_id) for other in session.scalars(others)]
    query = select(Webmention.comment_id).where(
        Webmention.site_id == thread.site_id,
        Webmention.key.in_(keys),
        Webmention.comment_id.is_not(None),
    )
    return session.scalar(query.order_by(Webmention.id).limit(1))


def has_other_copy(session: Session, row: Webmention) -> bool:
    """Return True if another thread that is not removed has the reply too."""
    query = select(Webmention.id).join(
        SyndicatedThread, SyndicatedThread.id == Webmention.thread_id
    )
    query = query.where(
        Webmention.comment_id == row.comment_id,
        Webmention.id != row.id,
        SyndicatedThread.removal == "",
    )
    return session.scalar(query.limit(1)) is not None


def forget_refusals(session: Session, thread_id: int) -> None:
    """Have the refused replies of a thread judged again when it is read."""
    refused = update(Webmention).where(
        Webmention.thread_id == thread_id, Webmention.state == REFUSED
    )
    session.execute(refused.values(digest="").execution_options(synchronize_session="fetch"))


def count_replies(session: Session, thread_ids: Collection[int]) -> Mapping[int, int]:
    """Return thread id → its replies that are comments here."""
    query = select(Webmention.thread_id, func.count()).where(
        Webmention.thread_id.in_(thread_ids), Webmention.comment_id.is_not(None),
        Webmention.state == ACCEPTED,
    )  # fmt: skip
    return {
        one: number
        for one, number in session.execute(query.group_by(Webmention.thread_id))
        if one is not None
    }


def has_other_like(session: Session, row: Webmention) -> bool:
    """Return True if another source of the same author likes the same page."""
    query = select(Webmention.id).where(
        Webmention.author_id == row.author_id,
        Webmention.target_key == row.target_key,
        Webmention.state == ACCEPTED,
        Webmention.comment_id.is_(None),
        Webmention.id != row.id,
    )
    return session.scalar(query.limit(1)) is not None


def like_of(session: Session, page_id: int, author_id: int) -> PageLike | None:
    """Return an author's like of a page."""
    return session.scalar(
        select(PageLike).where(PageLike.page_id == page_id, PageLike.author_id == author_id)
    )


def erase_of_comments(session: Session, comment_ids: Collection[int]) -> None:
    """Erase the addresses of the sources of these comments; they do not come back."""
    _erase(session, Webmention.comment_id.in_(comment_ids))


def erase_of_author(session: Session, author_id: int) -> None:
    """Erase the addresses of an author's sources; they do not come back."""
    _erase(session, Webmention.author_id == author_id)


def _erase(session: Session, which: object) -> None:
    values = {
        "state": ERASED, "source": "", "target": "", "host": "", "error": "", "network": "",
        "due_at": None, "leased_until": None, "remote_id": "", "digest": "",
    }  # fmt: skip
    gone = update(Webmention).where(which).values(values)  # type: ignore[arg-type]
    session.execute(gone.execution_options(synchronize_session="fetch"))


def delete_old(session: Session, now: datetime, limit: int) -> int:
    """Delete some rows of what was refused or removed by its source long ago; return how many."""
    old = delete(Webmention).where(
        Webmention.state.in_((REFUSED, GONE)),
        Webmention.checked_at < now - KEEP_REFUSED,
        Webmention.due_at.is_(None),
    )
    return change_some(session, old, limit)
