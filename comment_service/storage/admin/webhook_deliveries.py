"""Deliveries of webhooks: stored with the event, leased by the worker, in order for each comment.

A delivery is stored in the transaction that announced its event. It is leased before it is sent;
if the worker dies, the lease expires and it is sent again (at least once). A later delivery about
the same comment waits until the earlier one is made or given up.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from comment_service.events import Announcement, event_type
from comment_service.storage.db import paging, prepared
from comment_service.storage.tables import Site, Webhook, WebhookDelivery
from comment_service.text.sentences import staff_sentence

LEASE = timedelta(minutes=1)
RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Time until the next attempt after each failed one: 75 hours in all."""
GIVEN_UP = sum(RETRIES, timedelta())
"""A webhook that only failed for this long is switched off."""
KEPT = timedelta(days=14)
"""How long deliveries are kept after their event."""
BUILD_EVERY = timedelta(minutes=1)
"""Shortest time between two builds that one webhook triggers."""
_PAUSE_AFTER, _FIRST_PAUSE, _LONGEST_PAUSE = 3, timedelta(seconds=5), timedelta(minutes=5)
"""Failures in a row after which the whole webhook waits, so that a dead server costs little."""
LONGEST_RETRY_AFTER = timedelta(hours=1)
BUILD = "build"

_LISTENING = (
    select(Webhook.id, Webhook.events, Webhook.kind)
    .join(Site, Site.id == Webhook.site_id)
    .where(Site.key == bindparam("site"), Webhook.disabled_at.is_(None))
    .order_by(Webhook.id)
)
_OPEN = (WebhookDelivery.done_at.is_(None), WebhookDelivery.dead_at.is_(None))


def enqueue(session: Session, announced: Sequence[Announcement], now: datetime) -> None:
    """Store a delivery of each event for each webhook of its site that wants it."""
    listening: dict[str, Sequence[Any]] = {
        site: prepared.rows(session, _LISTENING, site=site)
        for site in sorted({one.sender for one in announced})
    }
    rows: list[Mapping[str, object]] = []
    for one in announced:
        kind, event_id = event_type(one.name), new_event_id()
        for webhook_id, events, target in listening[one.sender]:
            if kind in events:
                about = None if target == BUILD else one.payload.get("comment_id")
                row = {"webhook_id": webhook_id, "event_id": event_id, "comment_id": about}
                rows.append({**row, **_new(kind, one.payload, now)})
    prepared.insert(session, WebhookDelivery, *rows)


def _new(kind: str, payload: Mapping[str, object], now: datetime) -> Mapping[str, object]:
    return {
        "type": kind, "payload": dict(payload), "created_at": now, "due_at": now, "attempts": 0,
        "leased_until": None, "done_at": None, "dead_at": None, "sent_at": None, "status": 0,
        "error": "", "response": "", "seconds": None, "body": "",
    }  # fmt: skip


def new_event_id() -> str:
    """Return an id for an event."""
    return f"msg_{secrets.token_hex(16)}"


def add_one(
    session: Session, webhook_id: int, kind: str, payload: Mapping[str, object], now: datetime
) -> WebhookDelivery:
    """Store one delivery that is about no comment."""
    row = WebhookDelivery(
        webhook_id=webhook_id, event_id=new_event_id(), **_new(kind, payload, now)
    )
    session.add(row)
    session.flush()
    return row


def _due(now: datetime) -> tuple[Any, ...]:
    free = or_(WebhookDelivery.leased_until.is_(None), WebhookDelivery.leased_until < now)
    return (*_OPEN, WebhookDelivery.due_at <= now, free)


def due_webhooks(session: Session, now: datetime) -> Sequence[int]:
    """Return the ids of webhooks that have something to send now."""
    waiting = exists().where(WebhookDelivery.webhook_id == Webhook.id, *_due(now))
    query = select(Webhook.id).where(
        Webhook.disabled_at.is_(None),
        or_(Webhook.waits_until.is_(None), Webhook.waits_until <= now),
        waiting,
    )
    return list(session.scalars(query.order_by(Webhook.id)))


def lease(session: Session, webhook: Webhook, now: datetime) -> WebhookDelivery | None:
    """Lease a locked webhook's oldest delivery that no earlier one of its comment holds up.

    A trigger of a build stands for all events so far: the others are marked as done.
    """
    earlier = aliased(WebhookDelivery)
    held_up = exists().where(
        earlier.webhook_id == WebhookDelivery.webhook_id,
        earlier.comment_id == WebhookDelivery.comment_id,
        earlier.done_at.is_(None),
        earlier.dead_at.is_(None),
        earlier.id < WebhookDelivery.id,
    )
    query = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook.id, *_due(now), ~held_up
    )
    query = query.order_by(WebhookDelivery.id).limit(1)
    row = session.scalar(
        query.with_for_update(skip_locked=True, of=WebhookDelivery).execution_options(
            populate_existing=True
        )
    )
    if row is None:
        return None
    row.leased_until, row.sent_at = now + LEASE, now
    row.attempts += 1
    if webhook.kind == BUILD:
        webhook.waits_until = now + BUILD_EVERY
        others = update(WebhookDelivery).where(
            WebhookDelivery.webhook_id == webhook.id, *_OPEN, WebhookDelivery.id != row.id
        )
        note = f"Together with event {row.event_id}."
        values = {"done_at": now, "leased_until": None, "response": note}
        session.execute(others.values(values).execution_options(synchronize_session="fetch"))
    session.flush()
    return row


def mark_delivered(
    webhook: Webhook, row: WebhookDelivery, now: datetime, *, status: int, response: str
) -> None:
    """Mark a delivery as made; its webhook works (again)."""
    row.done_at, row.leased_until, row.error = now, None, ""
    row.status, row.response = status, response
    webhook.failures, webhook.failing_since = 0, None
    if webhook.kind != BUILD:
        webhook.waits_until = None


def mark_failed(
    webhook: Webhook,
    row: WebhookDelivery,
    now: datetime,
    *,
    error: str,
    status: int = 0,
    response: str = "",
    retry_after: timedelta = timedelta(),
) -> None:
    """Retry a delivery later, or give it up and switch the webhook off."""
    row.leased_until, row.error, row.status, row.response = None, error, status, response
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    retry_after = min(retry_after, LONGEST_RETRY_AFTER)
    if row.attempts > len(RETRIES) or now - webhook.failing_since >= GIVEN_UP:
        row.dead_at = now
        switch_off(
            webhook, now, staff_sentence("It failed for three days; at last: %(why)s", why=error)
        )
        return
    row.due_at = now + max(RETRIES[row.attempts - 1], retry_after)
    pause = retry_after
    if webhook.failures >= _PAUSE_AFTER:
        doubled = 2 ** min(webhook.failures - _PAUSE_AFTER, 10) * _FIRST_PAUSE
        pause = max(pause, min(doubled, _LONGEST_PAUSE))
    if pause:
        webhook.waits_until = max(webhook.waits_until or now, now + pause)


def give_up(
    webhook: Webhook, row: WebhookDelivery, now: datetime, *, error: str, status: int
) -> None:
    """Give a delivery up and switch its webhook off at once."""
    row.leased_until, row.dead_at, row.error, row.status = None, now, error, status
    switch_off(webhook, now, error)


def switch_off(webhook: Webhook, now: datetime, why: str) -> None:
    """Switch a webhook off; ``why`` is "" if an owner does."""
    webhook.disabled_at, webhook.disabled_why = now, why


def switch_on(session: Session, webhook: Webhook, now: datetime) -> None:
    """Switch a webhook on; what it did not deliver is sent now, in order."""
    webhook.disabled_at = webhook.failing_since = webhook.waits_until = None
    webhook.disabled_why, webhook.failures = "", 0
    again = update(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.done_at.is_(None)
    )
    values = {"dead_at": None, "attempts": 0, "due_at": now, "leased_until": None}
    session.execute(again.values(values).execution_options(synchronize_session="fetch"))


def send_again(row: WebhookDelivery, now: datetime) -> None:
    """Make a delivery due once more, with the same event id."""
    row.done_at = row.dead_at = row.leased_until = None
    row.attempts, row.due_at = 0, now


def of_webhook(
    session: Session, webhook_id: int, *, before: int | None, limit: int
) -> tuple[Sequence[WebhookDelivery], int | None]:
    """Return a webhook's deliveries, newest first, and the id before which the next page begins."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    return paging.newest_page(session, query, WebhookDelivery.id, before=before, limit=limit)


def load(session: Session, webhook_id: int, delivery_id: int) -> WebhookDelivery | None:
    """Return one delivery of a webhook."""
    return session.scalar(
        select(WebhookDelivery).where(
            WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.id == delivery_id
        )
    )


def count_open(session: Session, webhook_id: int) -> int:
    """Return how many deliveries of a webhook are neither made nor given up."""
    query = select(func.count()).select_from(WebhookDelivery)
    return session.scalar(query.where(WebhookDelivery.webhook_id == webhook_id, *_OPEN)) or 0


def delete_old(session: Session, before: datetime, limit: int) -> int:
    """Delete some old deliveries that will not be sent any more; return how many."""
    off = select(Webhook.id).where(Webhook.disabled_at.is_not(None))
    over = or_(
        WebhookDelivery.done_at.is_not(None),
        WebhookDelivery.dead_at.is_not(None),
        WebhookDelivery.webhook_id.in_(off),
    )
    gone = delete(WebhookDelivery).where(WebhookDelivery.created_at < before, over)
    return paging.change_some(session, gone, limit)


def recover_from_clock(session: Session, now: datetime) -> None:
    """Make due what a clock in the future has leased or put off."""
    leased = WebhookDelivery.leased_until > now + 2 * LEASE
    put_off = WebhookDelivery.due_at > now + RETRIES[-1] + LONGEST_RETRY_AFTER
    stuck = update(WebhookDelivery).where(*_OPEN, or_(leased, put_off))
    values = {"leased_until": None, "due_at": now}
    session.execute(stuck.values(values).execution_options(synchronize_session=False))
    waiting = update(Webhook).where(
        or_(
            Webhook.waits_until > now + LONGEST_RETRY_AFTER + _LONGEST_PAUSE,
            and_(Webhook.failing_since.is_not(None), Webhook.failing_since > now),
        )
    )
    free: Mapping[str, object] = {"waits_until": None, "failing_since": None}
    session.execute(waiting.values(free).execution_options(synchronize_session=False))
