"""Delivers the outbox with retries, and erases what is kept for a time only.

One thread of the server by default; ``comment-service worker`` runs the same loop by itself.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

from flask import Flask

from comment_service.actions.comments.flood import SHIELD_MAIL
from comment_service.actions.comments.on_published import APPROVED_MAIL, TELL
from comment_service.actions.comments.request_subscription import CONFIRM_MAIL
from comment_service.actions.comments.submit import HELD_MAIL
from comment_service.actions.filter.retrain import RETRAIN
from comment_service.actions.readers.email_link import EMAIL_LINK
from comment_service.actions.readers.sign_in import PICTURE
from comment_service.notify import (
    email_link,
    flood_mail,
    mail,
    moderator_mail,
    pictures,
    reader_mail,
    schedule,
    training,
    weekly_mail,
)
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.comments import author_history, reports
from comment_service.storage.db import outbox
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.readers import accounts, subscriptions
from comment_service.storage.tables import OutboxRow

_log = logging.getLogger(__name__)
_stop = threading.Event()
IDLE_SECONDS = 2.0
AT_ONCE = 10
SWEEP_EVERY = timedelta(hours=1)
ORDER_EVERY = timedelta(minutes=1)

Delivery = Callable[[Runtime, Mapping[str, object]], object]
DELIVERIES: Mapping[str, Delivery] = {
    HELD_MAIL: moderator_mail.spread,
    moderator_mail.HELD_ONE: moderator_mail.one,
    moderator_mail.HELD_DIGEST: moderator_mail.digest,
    weekly_mail.WEEKLY: weekly_mail.deliver,
    RETRAIN: training.train,
    EMAIL_LINK: email_link.deliver,
    PICTURE: pictures.deliver,
    SHIELD_MAIL: flood_mail.spread,
    flood_mail.SHIELD_ONE: flood_mail.one,
    TELL: reader_mail.spread,
    reader_mail.TELL_ONE: reader_mail.tell,
    CONFIRM_MAIL: reader_mail.ask,
    APPROVED_MAIL: reader_mail.approved,
}
"""Kind of outbox row → what delivers it."""
TO_READERS = (TELL, reader_mail.TELL_ONE, CONFIRM_MAIL, APPROVED_MAIL, EMAIL_LINK, PICTURE)


def deliver_due(runtime: Runtime) -> int:
    """Deliver what is due, one after another; return how many were tried.

    Each is leased when its turn comes: a long training in front must not let the others' run out.
    """
    tried = 0
    while tried < AT_ONCE:
        with transaction() as current:
            due = [
                (row.id, row.kind, {**row.payload, "row_id": row.id})
                for row in outbox.lease(current, runtime.now(), limit=1)
            ]
        for row_id, kind, payload in due:
            error, final = _try(runtime, kind, payload)
            with transaction() as current:
                row = current.get_one(OutboxRow, row_id)
                if error:
                    outbox.failed(row, error, runtime.now(), final=final)
                else:
                    outbox.done(row, runtime.now())
            tried += 1
        if not due:
            break
    return tried


def _try(runtime: Runtime, kind: str, payload: Mapping[str, object]) -> tuple[str, bool]:
    """Deliver one row; return what went wrong ("" for nothing) and whether it always will."""
    try:
        DELIVERIES[kind](runtime, payload)
    except Exception as error:  # whatever it is, it is kept with the row and tried again
        _log.warning("delivery of %s failed: %s", kind, error)
        return f"{type(error).__name__}: {error}", mail.is_final(error)
    finally:
        session().rollback()
    return "", False


def sweep(runtime: Runtime) -> None:
    """Erase hashes of addresses, ended sessions and subscriptions whose time is over."""
    now = runtime.now()
    with transaction() as current:
        if runtime.settings.network_days:
            before = now - timedelta(days=runtime.settings.network_days)
            author_history.forget_networks(current, before)
            reports.forget_networks(current, before)
            subscriptions.forget_networks(current, before)
        people.sweep(current, now)
        accounts.sweep(current, now)
        subscriptions.sweep(current, now)
        outbox.sweep(current, TO_READERS, now - outbox.KEPT)


def run(app: Flask, stop: threading.Event) -> None:
    """Deliver and sweep until told to stop; a failure is logged and the loop goes on."""
    runtime: Runtime = app.extensions["comments"]
    swept = ordered = runtime.now() - SWEEP_EVERY
    while not stop.is_set():
        tried = 0
        try:
            with app.app_context():
                tried = deliver_due(runtime)
                if runtime.now() - ordered >= ORDER_EVERY:
                    schedule.order(runtime)
                    ordered = runtime.now()
                if runtime.now() - swept >= SWEEP_EVERY:
                    sweep(runtime)
                    schedule.checks(runtime)
                    swept = runtime.now()
                db.session.remove()
        except Exception:  # a locked or vanished database comes back
            _log.exception("the worker failed and goes on")
        if not tried:
            stop.wait(IDLE_SECONDS)


def start(app: Flask) -> threading.Thread:
    """Run the loop in a thread that ends with the process."""
    thread = threading.Thread(target=run, args=(app, _stop), name="comments-worker", daemon=True)
    thread.start()
    return thread
