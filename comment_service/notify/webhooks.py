"""Deliver webhooks: lease, send outside the transaction, record the answer, retry or give up.

It runs in a thread beside the worker's, so that a server that hangs delays no mail.
"""

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from comment_service import fetching
from comment_service.actions.admin import webhooks as actions
from comment_service.deadline import deadline
from comment_service.notify import webhook_payload, webhook_targets
from comment_service.runtime import Runtime
from comment_service.storage.admin import webhook_deliveries as deliveries
from comment_service.storage.admin import webhooks as stored
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import WebhookDelivery
from comment_service.text.sentences import staff_sentence

if TYPE_CHECKING:
    import requests

SECONDS = 15.0
"""Time that a receiver has to answer."""
MAX_RESPONSE = 64 * 1024
"""Bytes of an answer that are read; a longer one counts as a failure."""
RESPONSE_KEPT = 1000
"""Characters of an answer that the log shows."""
BATCH = 50
"""Deliveries of one call, over all webhooks."""
_GONE = 410
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Leased:
    """A delivery that is ready to be sent."""

    webhook_id: int
    delivery_id: int
    request: webhook_targets.Request
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP status (0: none), the beginning of the body, or an error."""

    status: int = 0
    body: str = ""
    error: str = ""
    retry_after: timedelta = timedelta()
    seconds: float = 0.0


def deliver_due(runtime: Runtime, stop: threading.Event | None = None, limit: int = BATCH) -> int:
    """Send what is due, one delivery of each webhook in turn; return how many were tried.

    Ends when nothing is due, after ``limit`` deliveries, or when ``stop`` is set.
    """
    tried = 0
    while tried < limit:
        due = deliveries.due_webhooks(session(), runtime.now())
        session().rollback()
        sent = 0
        for webhook_id in due:
            if tried + sent >= limit or (stop is not None and stop.is_set()):
                return tried + sent
            sent += _deliver_next(runtime, webhook_id)
        tried += sent
        if not sent:
            break
    return tried


def _deliver_next(runtime: Runtime, webhook_id: int) -> int:
    """Send a webhook's next delivery; return how many were sent."""
    leased = _lease(runtime, webhook_id)
    if leased is None:
        return 0
    _record(runtime, leased, _send(runtime, leased))
    return 1


def _lease(runtime: Runtime, webhook_id: int) -> Leased | None:
    """Lease the next delivery and store its body.

    The body is stored before it is sent: an erasure in between finds and removes it.
    """
    now = runtime.now()
    with transaction(keep_loaded=True) as current:
        webhook = stored.load(current, webhook_id)
        if webhook is None or webhook.disabled_at is not None:
            return None
        row = deliveries.lease(current, webhook, now)
        if row is None:
            return None
        event = webhook_payload.event_data(runtime, webhook.site, row)
        request = webhook_targets.request_of(webhook, row, event)
        row.body = request.body
        headers = dict(webhook_targets.headers_of(webhook, request))
        if request.signed:
            secrets = actions.valid_secrets(runtime, webhook)
            headers |= webhook_targets.signature_headers(secrets, row.event_id, now, request.body)
        return Leased(webhook.id, row.id, request, headers)


def _send(runtime: Runtime, leased: Leased) -> Answer:
    """Send a request; every failure is an answer, because it is recorded and retried."""
    begun = monotonic()
    try:
        with _session(runtime) as client, deadline(SECONDS):
            response = fetching.send_request(
                client,
                leased.request.method,
                leased.request.url,
                data=leased.request.body.encode(),
                headers=leased.headers,
            )
    except fetching.PrivateAddressError:
        return Answer(error=PRIVATE, seconds=monotonic() - begun)
    except fetching.FetchError as error:
        return Answer(error=str(error), seconds=monotonic() - begun)
    except ValueError as error:  # an address or a header that the HTTP library refuses
        return Answer(
            error=staff_sentence("The request cannot be made: %(error)s", error=error),
            seconds=monotonic() - begun,
        )
    seconds, body = monotonic() - begun, _excerpt(response.content)
    status = response.status_code
    if 200 <= status < 300:
        return Answer(status, body, seconds=seconds)
    why = staff_sentence("The server answered %(status)s.", status=status)
    if 300 <= status < 400:
        why = staff_sentence(
            "The server answered %(status)s, a redirect, which is not followed.", status=status
        )
    retry_after = timedelta()
    with suppress(ValueError, OverflowError):
        retry_after = timedelta(seconds=int(response.headers.get("Retry-After", "0")))
    return Answer(status, body, why, max(retry_after, timedelta()), seconds)


def _excerpt(content: bytes) -> str:
    """Return the beginning of an answer as text that every database stores."""
    text = content[: 4 * RESPONSE_KEPT].decode("utf-8", "replace")
    return text[:RESPONSE_KEPT].replace("\0", "\ufffd")


PRIVATE = staff_sentence(
    "The address is on this machine or in a private network. The server's operator "
    "allows it with COMMENTS_WEBHOOK_PRIVATE=true."
)


def _session(runtime: Runtime) -> "requests.Session":
    if runtime.settings.webhook_private:
        return fetching.trusted_session(most=MAX_RESPONSE)
    return fetching.guarded_session(most=MAX_RESPONSE)


def _record(runtime: Runtime, leased: Leased, answer: Answer) -> None:
    """Record the answer with the delivery, unless the webhook was deleted meanwhile."""
    now = runtime.now()
    with transaction() as current:
        webhook = stored.load(current, leased.webhook_id)
        row = current.get(
            WebhookDelivery, leased.delivery_id, with_for_update=True, populate_existing=True
        )
        if webhook is None or row is None:
            return
        row.seconds = round(answer.seconds, 3)
        body = answer.body if row.body else ""  # an erasure meanwhile: the answer may quote it
        if not answer.error:
            deliveries.mark_delivered(webhook, row, now, status=answer.status, response=body)
            return
        _log.warning("webhook %d, event %s: %s", webhook.id, row.event_id, answer.error)
        if answer.status == _GONE:
            gone = staff_sentence("The server answered 410: it wants no more events.")
            deliveries.give_up(webhook, row, now, error=gone, status=answer.status)
            return
        deliveries.mark_failed(
            webhook,
            row,
            now,
            error=answer.error,
            status=answer.status,
            response=body,
            retry_after=answer.retry_after,
        )


def recover_from_clock(runtime: Runtime) -> None:
    """Make due what a clock in the future has put off."""
    with transaction() as current:
        deliveries.recover_from_clock(current, runtime.now())
