"""Signed links to a subscription, each for one purpose; they contain no address.

A link contains the row's id and a hash of its content, so that it does not open another row that
reuses the id after a deletion.
"""

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from comment_service.errors import LinkExpired
from comment_service.runtime import Runtime
from comment_service.storage.readers import subscriptions
from comment_service.storage.tables import Subscription

CONFIRM, UNSUBSCRIBE, MANAGE = "confirm", "unsubscribe", "manage"


def sign(runtime: Runtime, purpose: str, row: Subscription) -> str:
    """Return the token of a link for a purpose; only the mail contains it."""
    return str(_signer(runtime, purpose).dumps([row.id, _content_hash(runtime, row)]))


def find_subscription(
    *, session: Session, runtime: Runtime, purpose: str, token: str
) -> Subscription | None:
    """Return the subscription of a link, None if it is erased.

    Raises:
        LinkExpired: the link is invalid, or has another purpose.
    """
    try:
        key, mark = _signer(runtime, purpose).loads(token)
    except (BadData, ValueError, TypeError):
        raise LinkExpired(
            "This link is not complete. Open the whole link of the mail; a mail program may have "
            "broken it into two lines."
        ) from None
    row = subscriptions.get(session, int(key))
    marks = (
        (_content_hash(runtime, row), _content_hash(runtime, row, row.page_id))
        if row is not None
        else ()
    )
    return row if mark in marks else None


def _signer(runtime: Runtime, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(runtime.secret, salt=f"comments subscription {purpose}")


def _content_hash(runtime: Runtime, row: Subscription, of: int | None = None) -> str:
    """Return the hash of a row's content: without its page, because pages can be merged.

    ``of`` is the page id that links from earlier versions contain.
    """
    place = f"site {row.site_id}" if of is None else of
    return runtime.keyed_hash("subscription", f"{place} {row.kind} {row.address}")[:16]
