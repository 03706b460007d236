"""Pages whose links are told of them by Webmention, and what each site answered."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.storage.comments import leases
from comment_service.storage.tables import SentWebmention, WebmentionPage
from comment_service.text.addresses import page_key

RETRIES = (timedelta(minutes=10), timedelta(hours=2), timedelta(hours=12))
"""When a page, or a site that did not answer, is tried again."""
MAX_KEPT = 1000
"""Links of one page that are remembered."""
_OK = range(200, 300)
_TEMPORARY = (408, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Outcome:
    """What a site answered: ``endpoint`` "" takes no Webmentions, ``status`` 0 is no answer."""

    target: str
    endpoint: str = ""
    status: int = 0
    error: str = ""
    linked: bool = True

    @property
    def is_sent(self) -> bool:
        """True if the site took the Webmention."""
        return self.status in _OK


def is_temporary(outcome: Outcome | SentWebmention) -> bool:
    """Return True if it is worth trying a site again."""
    return outcome.status in _TEMPORARY or (outcome.status == 0 and outcome.error != "")


def order(session: Session, site_id: int, url: str, now: datetime) -> WebmentionPage:
    """Have a page's links told of it from now on; the page may be known already."""
    key = _hash(page_key(url))
    query = select(WebmentionPage).where(
        WebmentionPage.site_id == site_id, WebmentionPage.key == key
    )
    row = session.scalar(query.with_for_update())
    if row is None:
        row = WebmentionPage(site_id=site_id, key=key, url=url, created_at=now)
        session.add(row)
    row.url, row.due_at, row.attempts = url, now, 0
    session.flush()
    return row


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def find(session: Session, site_id: int, url: str) -> WebmentionPage | None:
    """Return the row of a page."""
    query = select(WebmentionPage).where(WebmentionPage.site_id == site_id)
    return session.scalar(query.where(WebmentionPage.key == _hash(page_key(url))))


def lease(session: Session, now: datetime, row_id: int | None = None) -> WebmentionPage | None:
    """Lease the next page that is due, or the one with an id."""
    which = [] if row_id is None else [WebmentionPage.id == row_id]
    return leases.lease_next(session, WebmentionPage, now, *which)


def sent(session: Session, page_id: int, limit: int = MAX_KEPT) -> Sequence[SentWebmention]:
    """Return what was sent for a page, in the order of the first time."""
    query = select(SentWebmention).where(SentWebmention.page_id == page_id)
    return list(session.scalars(query.order_by(SentWebmention.id).limit(limit)))


def record(session: Session, page_id: int, outcome: Outcome, now: datetime) -> None:
    """Store what a site answered, and renew the lease of the page."""
    key = _hash(outcome.target)
    query = select(SentWebmention).where(
        SentWebmention.page_id == page_id, SentWebmention.key == key
    )
    row = session.scalar(query.with_for_update())
    if row is None:
        row = SentWebmention(page_id=page_id, key=key, target=outcome.target)
        session.add(row)
    row.endpoint = outcome.endpoint or (row.endpoint or "" if outcome.error else "")
    row.linked, row.status, row.error = outcome.linked, outcome.status, outcome.error
    row.sent_at = now
    leases.renew(session.get_one(WebmentionPage, page_id), now)


def finish(
    row: WebmentionPage, started: datetime, now: datetime, *, error: str = "", again: bool = False
) -> None:
    """Store the end of a pass that began at ``started``.

    ``again`` asks for another one later, if there were not too many. A page that was ordered again
    meanwhile stays due.
    """
    row.leased_until, row.error = None, error
    if not error:
        row.fetched_at = now
    if row.due_at is not None and row.due_at > started:
        return
    row.due_at = None
    if again and row.attempts <= len(RETRIES):
        row.due_at = now + RETRIES[row.attempts - 1]
