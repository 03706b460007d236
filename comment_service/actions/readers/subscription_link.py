"""Signed links to one subscription, each for one purpose; no address stands in them.

A link names the row and what makes it that wish, so that a row that takes a deleted one's number is
not opened by its links.
"""

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from comment_service.errors import LinkSpent
from comment_service.runtime import Runtime
from comment_service.storage.readers import subscriptions
from comment_service.storage.tables import Subscription

CONFIRM, UNSUBSCRIBE, MANAGE = "confirm", "unsubscribe", "manage"


def sign(runtime: Runtime, purpose: str, row: Subscription) -> str:
    """Return the token of a link for a purpose; only its mails hold it."""
    return str(_signer(runtime, purpose).dumps([row.id, _mark(runtime, row)]))


def opened(*, session: Session, runtime: Runtime, purpose: str, token: str) -> Subscription | None:
    """Return the subscription of a link, None where it is erased.

    Raises:
        LinkSpent: the link is not one of ours, or is for another purpose.
    """
    try:
        key, mark = _signer(runtime, purpose).loads(token)
    except (BadData, ValueError, TypeError):
        raise LinkSpent(
            "This link is not complete. Open the whole link of the mail; a mail program may have "
            "broken it into two lines."
        ) from None
    row = subscriptions.get(session, int(key))
    known = (_mark(runtime, row), _mark(runtime, row, row.page_id)) if row is not None else ()
    return row if mark in known else None


def _signer(runtime: Runtime, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(runtime.secret, salt=f"comments subscription {purpose}")


def _mark(runtime: Runtime, row: Subscription, of: int | None = None) -> str:
    """Return what makes a row that wish: not its page, for two pages may become one.

    ``of`` is the page in whose name links were made before.
    """
    place = f"site {row.site_id}" if of is None else of
    return runtime.keyed_hash("subscription", f"{place} {row.kind} {row.address}")[:16]
