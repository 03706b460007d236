"""A reader asks to be told of new comments by mail, confirms it, changes it, ends it.

Nothing is sent before the address was confirmed by its owner but the mail that asks for it, and of
those only so many that the form is no way to fill a stranger's mailbox: ``ADDRESS_HOURLY`` and
``ADDRESS_DAILY`` to an address (who wants several pages is asked for each), ``UNANSWERED`` to one
that never answers (in ``subscriptions.KEPT``), ``NETWORK_HOURLY`` for a network (a household, an
office), ``INSTALLATION_HOURLY`` in all (a mail server that suddenly sends more loses its good
name). What is over a ceiling is not sent, and the asker is told the same.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.db import outbox
from comment_service.storage.db.session import serialise
from comment_service.storage.readers import subscriptions
from comment_service.storage.readers.subscriptions import EACH
from comment_service.text.names import clean_mailbox

CONFIRM_MAIL = "confirm_mail"
"""Kind of the outbox row that asks an address whether a subscription is wanted."""
ADDRESS_HOURLY, ADDRESS_DAILY, UNANSWERED = 3, 6, 10
NETWORK_HOURLY = 10
INSTALLATION_HOURLY = 200
AGAIN = timedelta(days=1)
"""How soon the same wish is asked about again where nobody answered."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SubscriptionRequest:
    """What is asked for; ``email`` is one that mail can be sent to, ``lang`` as in BCP 47."""

    email: str
    kind: str
    pace: str = EACH
    lang: str = ""
    network: str = ""
    author: t.Author | None = None

    @property
    def address(self) -> str:
        """The address in small letters, which makes it one wish however it was typed."""
        return self.email.lower()


def subscriptions_available(runtime: Runtime) -> bool:
    """Tell whether readers can be told: mail is set up, and its links have an address."""
    return bool(runtime.settings.smtp_url and runtime.settings.public_url)


def request_subscription(
    *, session: Session, runtime: Runtime, page: t.Page, wish: SubscriptionRequest, ask: bool = True
) -> None:
    """Note a wish: confirmed at once where its author has proven the address, else asked about.

    With ``ask`` off nobody is asked yet: the comment it came with is not public. What is confirmed
    already stays as it is, and what is over a ceiling is let be. Nothing tells the asker which.
    """
    serialise(session, f"subscription {wish.address}")
    row = subscriptions.find(session, page.id, wish.address, wish.kind)
    if row is not None and row.ended_at is None and _settled(runtime, row):
        return
    proven = wish.author is not None and wish.author.proven_email == wish.address
    may = proven or not ask or _may_ask(session, runtime, wish.address, wish.network)
    if row is None and not may:
        return
    if row is None:
        row = t.Subscription(site_id=page.site_id, page_id=page.id, kind=wish.kind)
        row.address, row.asks = wish.address, 0
        session.add(row)
    _begin(runtime, row, wish)
    session.flush()
    if proven:
        row.confirmed_at = runtime.now()
    elif ask and may:
        _ask(session, runtime, row)
    session.flush()


def request_with_comment(
    session: Session, runtime: Runtime, comment: t.Comment, *, kind: str, lang: str
) -> None:
    """Note what its author wishes for with a comment ("" for nothing); it never is refused for it.

    Nobody is asked as long as the comment is not public: spam shall send no mails.
    """
    if kind and subscriptions_available(runtime):
        network, author = comment.network, comment.author
        wish = SubscriptionRequest(
            clean_mailbox(comment.email), kind, lang=lang, network=network, author=author
        )
        public = comment.status == t.PUBLISHED
        request_subscription(
            session=session, runtime=runtime, page=comment.page, wish=wish, ask=public
        )


def _settled(runtime: Runtime, row: t.Subscription) -> bool:
    """Tell whether a wish stands already: confirmed, or asked about lately."""
    lately = row.sent_at is not None and runtime.now() - row.sent_at < AGAIN
    return row.confirmed_at is not None or lately


def _begin(runtime: Runtime, row: t.Subscription, wish: SubscriptionRequest) -> None:
    """Give a row what is wished for now; whatever it was before has to be confirmed anew."""
    row.email, row.pace, row.lang, row.network = wish.email, wish.pace, wish.lang, wish.network
    row.author_id = wish.author.id if wish.author is not None else None
    row.confirmed_at = row.muted_at = row.ended_at = None
    row.asked_at = runtime.now()


def confirm_waiting_subscriptions(
    *, session: Session, runtime: Runtime, comment: t.Comment
) -> None:
    """Ask about what was wished for with a comment, now that it is public."""
    address = clean_mailbox(comment.email).lower()
    for row in subscriptions.waiting(session, comment, address) if address else ():
        serialise(session, f"subscription {address}")
        if _may_ask(session, runtime, row.address, row.network):
            _ask(session, runtime, row)


def _may_ask(session: Session, runtime: Runtime, address: str, network: str) -> bool:
    """Tell whether another mail that asks is within every ceiling."""
    now = runtime.now()
    found = subscriptions.asked(session, address, network, now)
    if found.address_hour >= ADDRESS_HOURLY or found.address_day >= ADDRESS_DAILY:
        return False
    if found.network_hour >= NETWORK_HOURLY or found.unanswered >= UNANSWERED:
        return False
    if outbox.count_lately(session, CONFIRM_MAIL, now - timedelta(hours=1)) < INSTALLATION_HOURLY:
        return True
    _log.warning("%d confirmations were asked for within an hour", INSTALLATION_HOURLY)
    return False


def _ask(session: Session, runtime: Runtime, row: t.Subscription) -> None:
    row.asks += 1
    row.asked_at = row.sent_at = runtime.now()
    outbox.put(session, CONFIRM_MAIL, {"subscription_id": row.id}, runtime.now())
