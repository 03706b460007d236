"""The background worker: deliver the outbox with retries, and delete expired data.

By default it runs as one thread of the server; ``comment-service worker`` runs it separately.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic

from flask import Flask

from comment_service.actions.comments.flood import FLOOD_MAIL
from comment_service.actions.comments.on_published import APPROVED_MAIL, NEWS_MAIL
from comment_service.actions.comments.request_subscription import CONFIRM_MAIL
from comment_service.actions.comments.submit import HELD_MAIL
from comment_service.actions.filter.retrain import RETRAIN
from comment_service.actions.readers.email_link import EMAIL_LINK
from comment_service.actions.readers.sign_in import PICTURE
from comment_service.config import data_folder
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
from comment_service.notify.leader import Leader, is_held_elsewhere
from comment_service.runtime import Runtime
from comment_service.storage.admin import login_failures, people
from comment_service.storage.comments import author_history, reports
from comment_service.storage.db import outbox, statistics
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.readers import accounts, subscriptions
from comment_service.storage.tables import OutboxRow

_log = logging.getLogger(__name__)
IDLE_SECONDS = 2.0
LOCK = "worker.lock"
BATCH_SIZE = 10
SWEEP_EVERY = 3600.0
SCHEDULE_EVERY = 60.0

Delivery = Callable[[Runtime, Mapping[str, object]], object]
DELIVERIES: Mapping[str, Delivery] = {
    HELD_MAIL: moderator_mail.enqueue_mails,
    moderator_mail.HELD_ONE: moderator_mail.deliver_to_one,
    moderator_mail.HELD_DIGEST: moderator_mail.deliver_digest,
    weekly_mail.WEEKLY: weekly_mail.deliver,
    RETRAIN: training.train,
    EMAIL_LINK: email_link.deliver,
    PICTURE: pictures.deliver,
    FLOOD_MAIL: flood_mail.enqueue_mails,
    flood_mail.FLOOD_MAIL_TO_ONE: flood_mail.deliver_to_one,
    NEWS_MAIL: reader_mail.enqueue_mails,
    reader_mail.NEWS_TO_ONE: reader_mail.deliver_new_comments,
    CONFIRM_MAIL: reader_mail.deliver_confirmation,
    APPROVED_MAIL: reader_mail.deliver_approval,
}
"""Kind of outbox row → the function that delivers it."""
TO_READERS = (
    NEWS_MAIL,
    reader_mail.NEWS_TO_ONE,
    CONFIRM_MAIL,
    APPROVED_MAIL,
    EMAIL_LINK,
    PICTURE,
)


def deliver_due(runtime: Runtime, stop: threading.Event | None = None) -> int:
    """Deliver the due rows, one after another until ``stop`` is set; return how many were tried.

    Each row is leased just before its delivery, so that a long training does not let the leases of
    the others expire.
    """
    tried = 0
    while tried < BATCH_SIZE and not (stop is not None and stop.is_set()):
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
                    outbox.mark_failed(row, error, runtime.now(), final=final)
                else:
                    outbox.mark_delivered(row, runtime.now())
            tried += 1
        if not due:
            break
    return tried


def _try(runtime: Runtime, kind: str, payload: Mapping[str, object]) -> tuple[str, bool]:
    """Deliver one row; return the error ("" for none) and whether it is permanent."""
    try:
        DELIVERIES[kind](runtime, payload)
    except Exception as error:  # every error is stored with the row, and the delivery is retried
        _log.warning("delivery of %s failed: %s", kind, error)
        return f"{type(error).__name__}: {error}", mail.is_permanent_failure(error)
    finally:
        session().rollback()
    return "", False


def sweep(runtime: Runtime) -> None:
    """Delete expired address hashes, sessions, subscriptions and outbox rows.

    Also frees deliveries that were leased or put off while the clock was wrong.
    """
    now = runtime.now()
    with transaction() as current:
        if freed := outbox.recover_from_clock(current, now):
            _log.warning("%d deliveries were put off by a clock in the future", freed)
        if runtime.settings.network_days:
            before = now - timedelta(days=runtime.settings.network_days)
            author_history.forget_networks(current, before)
            reports.forget_networks(current, before)
            subscriptions.forget_networks(current, before)
        people.delete_expired(current, now)
        login_failures.delete_expired(current, now)
        accounts.delete_expired_sign_ins(current, now)
        subscriptions.delete_expired(current, now)
        outbox.delete_delivered(current, TO_READERS, now - outbox.KEEP_DELIVERED)


def run(app: Flask, stop: threading.Event, prepare: Callable[[], None] | None = None) -> None:
    """Deliver and sweep until ``stop`` is set; log failures and continue.

    Of the processes on a machine that share a data folder, only one delivers at a time; another
    takes over when it ends. ``prepare`` migrates the database first.
    """
    runtime: Runtime = app.extensions["comments"]
    leader = Leader(data_folder(runtime.settings) / LOCK)
    swept = ordered = -SWEEP_EVERY  # by a clock that never jumps
    while not stop.is_set():
        tried = 0
        try:
            if leader.is_elected():
                if prepare is not None:
                    prepare()
                with app.app_context():
                    tried = deliver_due(runtime, stop)
                    if monotonic() - ordered >= SCHEDULE_EVERY:
                        schedule.enqueue_due_jobs(runtime)
                        ordered = monotonic()
                    if monotonic() - swept >= SWEEP_EVERY:
                        sweep(runtime)
                        statistics.optimize(db.engine)
                        schedule.draw_spot_checks(runtime)
                        swept = monotonic()
                    db.session.remove()
        except Exception:  # a locked or unreachable database recovers
            _log.exception("the worker failed and goes on")
        if not tried:
            stop.wait(IDLE_SECONDS)
    leader.resign()


class Worker:
    """The worker as a thread of this process, which can be asked to end."""

    def __init__(self, app: Flask, prepare: Callable[[], None]) -> None:
        """Start the loop in a daemon thread; ``prepare`` as in ``run``."""
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=run, args=(app, self._stop, prepare), name="comments-worker", daemon=True
        )
        self._thread.start()

    def is_alive(self) -> bool:
        """Return True while the loop runs."""
        return self._thread.is_alive()

    def stop(self, seconds: float) -> bool:
        """End the loop after the current delivery; return True if it ended within the time."""
        self._stop.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()


def state_elsewhere(runtime: Runtime) -> str:
    """Return whether a worker runs in another process of this machine: ``elsewhere`` or ``none``.

    Without a shared data folder the worker may be on another machine: ``unknown``.
    """
    found = is_held_elsewhere(data_folder(runtime.settings) / LOCK)
    return "unknown" if found is None else "elsewhere" if found else "none"
