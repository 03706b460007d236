"""A reader requests e-mail notifications of new comments (double opt-in).

Before the owner of the address confirms, only the confirmation mail is sent. Rate limits keep the
form from flooding a stranger's mailbox: ``ADDRESS_HOURLY`` and ``ADDRESS_DAILY`` mails per address
(each page needs its own confirmation), ``UNANSWERED`` to an address that never answers (within
``subscriptions.KEPT``), ``NETWORK_HOURLY`` per network (a household, an office), ``AREA_HOURLY``
per IPv6 /48, and ``INSTALLATION_HOURLY`` in total (a sudden rise harms the mail server's
reputation). A request over a limit sends no mail, and the reader gets the same answer.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import own
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise
from comment_service.storage.readers import subscriptions
from comment_service.storage.readers.subscriptions import EACH
from comment_service.text.names import clean_mailbox

CONFIRM_MAIL = "confirm_mail"
"""Outbox kind: ask the owner of an address to confirm a subscription."""
ADDRESS_HOURLY, ADDRESS_DAILY, UNANSWERED = 3, 6, 10
NETWORK_HOURLY = 10
AREA_HOURLY = 40
INSTALLATION_HOURLY = 200
RESEND_AFTER = timedelta(days=1)
"""Minimum time between two confirmation mails for the same subscription."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SubscriptionRequest:
    """A requested subscription; ``email`` must be a valid mailbox, ``lang`` is a BCP 47 tag."""

    email: str
    kind: str
    pace: str = EACH
    lang: str = ""
    network: str = ""
    author: t.Author | None = None

    @property
    def address(self) -> str:
        """The address in lower case, so that its spelling does not matter."""
        return self.email.lower()


def subscriptions_available(runtime: Runtime) -> bool:
    """Return True if mail is set up and a public URL for its links is known."""
    return bool(runtime.settings.smtp_url and runtime.settings.public_url)


def request_subscription(
    *,
    session: Session,
    runtime: Runtime,
    page: t.Page,
    request: SubscriptionRequest,
    ask: bool = True,
) -> None:
    """Store a request: confirmed at once if the author has verified the address, else by mail.

    With ``ask`` False no confirmation mail is sent yet, because the comment is not public. A
    confirmed subscription stays as it is, and a request over a limit is ignored. The answer reveals
    nothing.
    """
    serialise(session, f"subscription {request.address}")
    row = subscriptions.find(session, page.id, request.address, request.kind)
    if row is not None and row.ended_at is None and _needs_no_mail(runtime, row):
        return
    proven = request.author is not None and request.author.proven_email == request.address
    allowed = (
        proven or not ask or _is_within_limits(session, runtime, request.address, request.network)
    )
    if row is None and not allowed:
        return
    if row is None:
        row = t.Subscription(site_id=page.site_id, page_id=page.id, kind=request.kind)
        row.address, row.asks = request.address, 0
        session.add(row)
    _reset(runtime, row, request)
    session.flush()
    if proven:
        row.confirmed_at = runtime.now()
    elif ask and allowed:
        _enqueue_confirmation(session, runtime, row)
    session.flush()


def request_with_comment(
    session: Session, runtime: Runtime, comment: t.Comment, *, kind: str, lang: str
) -> None:
    """Store the subscription that a commenter requested ("" for none); never refuses the comment.

    No confirmation is sent before the comment is public, so that spam cannot cause mails. A
    shadow-banned author, who believes that it is, gets one like everybody.
    """
    if kind and subscriptions_available(runtime):
        network, author = comment.network, comment.author
        request = SubscriptionRequest(
            clean_mailbox(comment.email), kind, lang=lang, network=network, author=author
        )
        public = own.is_public_to(comment, author.id)
        request_subscription(
            session=session, runtime=runtime, page=comment.page, request=request, ask=public
        )


def _needs_no_mail(runtime: Runtime, row: t.Subscription) -> bool:
    """Return True if the subscription is confirmed, or a confirmation was sent recently."""
    sent_recently = row.sent_at is not None and runtime.now() - row.sent_at < RESEND_AFTER
    return row.confirmed_at is not None or sent_recently


def _reset(runtime: Runtime, row: t.Subscription, request: SubscriptionRequest) -> None:
    """Fill a row with a new request; it must be confirmed again, whatever its state was."""
    row.email, row.pace, row.lang, row.network = (
        request.email,
        request.pace,
        request.lang,
        request.network,
    )
    row.author_id = request.author.id if request.author is not None else None
    row.confirmed_at = row.muted_at = row.ended_at = None
    row.asked_at = runtime.now()


def enqueue_confirmations(*, session: Session, runtime: Runtime, comment: t.Comment) -> None:
    """Enqueue the confirmation mails requested with a comment, now that it is public."""
    address = clean_mailbox(comment.email).lower()
    for row in subscriptions.unasked(session, comment, address) if address else ():
        serialise(session, f"subscription {address}")
        if _is_within_limits(session, runtime, row.address, row.network):
            _enqueue_confirmation(session, runtime, row)


def _is_within_limits(session: Session, runtime: Runtime, address: str, network: str) -> bool:
    """Return True if another confirmation mail is within all limits."""
    now = runtime.now()
    sent = subscriptions.count_confirmations(session, address, network, now)
    if sent.address_hour >= ADDRESS_HOURLY or sent.address_day >= ADDRESS_DAILY:
        return False
    if sent.network_hour >= NETWORK_HOURLY or sent.area_hour >= AREA_HOURLY:
        return False
    if sent.unanswered >= UNANSWERED:
        return False
    if outbox.count_recent(session, CONFIRM_MAIL, now - timedelta(hours=1)) < INSTALLATION_HOURLY:
        return True
    _log.warning("%d confirmations were asked for within an hour", INSTALLATION_HOURLY)
    return False


def _enqueue_confirmation(session: Session, runtime: Runtime, row: t.Subscription) -> None:
    row.asks += 1
    row.asked_at = row.sent_at = runtime.now()
    outbox.enqueue(session, CONFIRM_MAIL, {"subscription_id": row.id}, runtime.now())
