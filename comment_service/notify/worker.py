"""The background worker: deliver the outbox with retries, and delete expired data.

By default it runs as one thread of the server; ``comment-service worker`` runs it separately.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic

from flask import Flask

from comment_service.actions.admin.backup import BACKUP
from comment_service.actions.comments.flood import FLOOD_END, FLOOD_MAIL
from comment_service.actions.comments.on_published import APPROVED_MAIL, NEWS_MAIL
from comment_service.actions.comments.request_subscription import CONFIRM_MAIL
from comment_service.actions.comments.submit import HELD_MAIL
from comment_service.actions.filter.retrain import RETRAIN
from comment_service.actions.moderation.delete_permanently import erase_old_spam
from comment_service.actions.readers.email_link import EMAIL_LINK
from comment_service.actions.readers.picture import PICTURE
from comment_service.actions.transfer.upload import IMPORT
from comment_service.config import data_folder
from comment_service.notify import (
    backups,
    email_link,
    expiry,
    flood_mail,
    importing,
    live_imports,
    mail,
    moderator_mail,
    pictures,
    reader_mail,
    schedule,
    syndicated_threads,
    training,
    webhooks,
    webmention_sender,
    webmentions,
    weekly_mail,
)
from comment_service.notify.failures import KNOWN_FAILURES, log_failure
from comment_service.notify.leader import Leader, is_held_elsewhere
from comment_service.runtime import Runtime
from comment_service.storage.admin import sites
from comment_service.storage.db import outbox, statistics
from comment_service.storage.db.session import db, describe, session, transaction
from comment_service.storage.tables import OutboxRow

_log = logging.getLogger(__name__)
IDLE_SECONDS = 2.0
LOCK = "worker.lock"
BATCH_SIZE = 10
SWEEP_EVERY = 3600.0
SCHEDULE_EVERY = 60.0
SPAM_AT_ONCE, SPAM_BATCHES = 100, 20
"""Old spam that a transaction deletes, and the transactions for each site in one sweep."""

Delivery = Callable[[Runtime, Mapping[str, object]], object]
DELIVERIES: Mapping[str, Delivery] = {
    HELD_MAIL: moderator_mail.enqueue_mails,
    moderator_mail.HELD_ONE: moderator_mail.deliver_to_one,
    moderator_mail.HELD_DIGEST: moderator_mail.deliver_digest,
    weekly_mail.WEEKLY: weekly_mail.deliver,
    RETRAIN: training.train,
    BACKUP: backups.deliver,
    EMAIL_LINK: email_link.deliver,
    PICTURE: pictures.deliver,
    FLOOD_MAIL: flood_mail.enqueue_mails,
    FLOOD_END: flood_mail.announce_end,
    flood_mail.FLOOD_MAIL_TO_ONE: flood_mail.deliver_to_one,
    NEWS_MAIL: reader_mail.enqueue_mails,
    reader_mail.NEWS_TO_ONE: reader_mail.deliver_new_comments,
    CONFIRM_MAIL: reader_mail.deliver_confirmation,
    APPROVED_MAIL: reader_mail.deliver_approval,
    IMPORT: importing.advance,
}
"""Kind of outbox row → the function that delivers it."""
DeliverDue = Callable[[Runtime, threading.Event | None], int]
SWEPT = tuple(kind for kind in DELIVERIES if kind != RETRAIN)
"""Kinds of which delivered rows are deleted after a while; the trainings of a site are few."""


def deliver_pictures(runtime: Runtime, stop: threading.Event | None = None) -> int:
    """Fetch the due pictures; other servers may let them wait, and mails must not."""
    return deliver_due(runtime, stop, only=PICTURE)


def deliver_due(
    runtime: Runtime, stop: threading.Event | None = None, *, only: str = "", but: str = ""
) -> int:
    """Deliver the due rows, one after another until ``stop`` is set; return how many were tried.

    Rows of every kind, of one kind ``only``, or of all ``but`` one.

    Each row is leased just before its delivery, so that a long training does not let the leases of
    the others expire.
    """
    tried = 0
    while tried < BATCH_SIZE and not (stop is not None and stop.is_set()):
        with transaction() as current:
            due = [
                (row.id, row.kind, {**row.payload, "row_id": row.id})
                for row in outbox.lease(current, runtime.now(), limit=1, only=only, but=but)
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


BESIDE: Mapping[str, DeliverDue] = {
    "comments-webhooks": webhooks.deliver_due,
    "comments-webmentions": webmentions.deliver_due,
    "comments-webmention-sender": webmention_sender.deliver_due,
    "comments-threads": syndicated_threads.deliver_due,
    "comments-imports": live_imports.deliver_due,
    "comments-pictures": deliver_pictures,
}
"""Threads beside the worker's, for what waits for other servers, and what each delivers."""


def _try(runtime: Runtime, kind: str, payload: Mapping[str, object]) -> tuple[str, bool]:
    """Deliver one row; return the error ("" for none) and whether it is permanent."""
    try:
        DELIVERIES[kind](runtime, payload)
    except Exception as error:  # every error is stored with the row, and the delivery is retried
        told = log_failure(_log, f"delivery of {kind}", error)
        return told, mail.is_permanent_failure(error)
    finally:
        session().rollback()
    return "", False


def sweep(runtime: Runtime, stop: threading.Event | None = None) -> None:
    """Delete expired address hashes, sessions, subscriptions, uploads, spam and outbox rows.

    Also frees deliveries that were leased or put off while the clock was wrong.
    """
    now = runtime.now()
    importing.delete_old_uploads(runtime)
    webhooks.recover_from_clock(runtime)
    with transaction() as current:
        if freed := outbox.recover_from_clock(current, now):
            _log.warning("%d deliveries were put off by a clock in the future", freed)
    expiry.expire(runtime, SWEPT, stop)
    if runtime.settings.spam_days:
        _delete_old_spam(now - timedelta(days=runtime.settings.spam_days), stop)


def _delete_old_spam(before: datetime, stop: threading.Event | None) -> None:
    """Delete each site's spam to which nothing happened since a time, in short transactions.

    What exceeds the bound of a sweep waits for the next one.
    """
    for site_id in [site.id for site in sites.all_sites(session())]:
        for _batch in range(SPAM_BATCHES):
            if stop is not None and stop.is_set():
                return
            with transaction() as current:
                number = erase_old_spam(
                    session=current, site_id=site_id, before=before, limit=SPAM_AT_ONCE
                )
            if number < SPAM_AT_ONCE:
                break


def run(app: Flask, stop: threading.Event, prepare: Callable[[], None] | None = None) -> None:
    """Deliver and sweep until ``stop`` is set; log failures and continue.

    Of the processes on a machine that share a data folder, only one delivers at a time; another
    takes over when it ends. ``prepare`` migrates the database first.
    """
    runtime: Runtime = app.extensions["comments"]
    leader = Leader(data_folder(runtime.settings) / LOCK)
    leads = threading.Event()
    beside = [
        threading.Thread(
            target=_run_beside, args=(app, stop, leads, deliver), name=name, daemon=True
        )
        for name, deliver in BESIDE.items()
    ]
    for thread in beside:
        thread.start()
    outage = _Outage()
    swept = ordered = -SWEEP_EVERY  # by a clock that never jumps
    while not stop.is_set():
        tried = 0
        try:
            if leader.is_elected():
                if prepare is not None:
                    prepare()
                leads.set()
                with app.app_context():
                    tried = deliver_due(runtime, stop, but=PICTURE)
                    if monotonic() - ordered >= SCHEDULE_EVERY:
                        schedule.enqueue_due_jobs(runtime)
                        ordered = monotonic()
                    if monotonic() - swept >= SWEEP_EVERY:
                        sweep(runtime, stop)
                        statistics.optimize(db.engine)
                        schedule.draw_spot_checks(runtime)
                        swept = monotonic()
                    db.session.remove()
            outage.end()
        except Exception as error:  # a locked or unreachable database recovers
            outage.note(error)
        if not tried:
            stop.wait(IDLE_SECONDS)
    leads.set()  # they may wait for that
    for thread in beside:
        thread.join()  # it may wait for another server: two requests of fetching.DEADLINE
    leader.resign()


def _run_beside(
    app: Flask, stop: threading.Event, leads: threading.Event, deliver: DeliverDue
) -> None:
    """Deliver until ``stop`` is set, once this process is the one that delivers."""
    runtime: Runtime = app.extensions["comments"]
    outage = _Outage()
    leads.wait()
    while not stop.is_set():
        tried = 0
        try:
            with app.app_context():
                tried = deliver(runtime, stop)
                db.session.remove()
            outage.end()
        except Exception as error:  # a locked or unreachable database recovers
            outage.note(error)
        if not tried:
            stop.wait(IDLE_SECONDS)


class _Outage:
    """What keeps a thread of the worker from its work; logged when it begins and when it ends."""

    def __init__(self) -> None:
        self._known = ""

    def note(self, error: Exception) -> None:
        """Log a failure: a known one in one line, once as long as it lasts."""
        if not isinstance(error, KNOWN_FAILURES):
            _log.exception("the worker failed and goes on", exc_info=error)
            return
        told = describe(error)
        if told != self._known:
            _log.error("the worker cannot work and tries again: %s", told)
        self._known = told

    def end(self) -> None:
        """Log that the work goes on after a failure."""
        if self._known:
            _log.warning("the worker works again")
        self._known = ""


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
