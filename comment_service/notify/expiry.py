"""Delete expired rows and forget old address hashes, some at a time.

Each step changes a bounded number of rows in a transaction of its own, so that other writers get
their turn; what exceeds the bound of a sweep waits for the next one. There is much to do at once
after a database was moved here, or after a shorter time was set.
"""

import threading
from collections.abc import Collection, Iterator
from datetime import timedelta

from comment_service.actions.filter import external_check
from comment_service.runtime import Runtime
from comment_service.storage.admin import login_failures, people, webhook_deliveries
from comment_service.storage.comments import author_history, reports, webmentions
from comment_service.storage.db import outbox
from comment_service.storage.db.paging import SomeChanged
from comment_service.storage.db.session import transaction
from comment_service.storage.filter import external_checks
from comment_service.storage.readers import accounts, subscriptions

AT_ONCE = 1_000
"""Rows that a transaction changes in each table."""
BATCHES = 500
"""Transactions of a step in one sweep."""


def expire(
    runtime: Runtime, delivered: Collection[str], stop: threading.Event | None = None
) -> None:
    """Run all steps, until ``stop`` is set; ``delivered`` names the outbox rows to delete."""
    for step in _steps(runtime, delivered):
        for _batch in range(BATCHES):
            if stop is not None and stop.is_set():
                return
            with transaction() as current:
                number = step(current, AT_ONCE)
            if number < AT_ONCE:
                break


def _steps(runtime: Runtime, delivered: Collection[str]) -> Iterator[SomeChanged]:
    now = runtime.now()
    if runtime.settings.network_days:
        before = now - timedelta(days=runtime.settings.network_days)
        yield lambda db, limit: author_history.forget_networks(db, before, limit)
        yield lambda db, limit: reports.forget_networks(db, before, limit)
        yield lambda db, limit: subscriptions.forget_networks(db, before, limit)
        yield lambda db, limit: external_checks.forget_networks(db, before, limit)
    yield lambda db, limit: webmentions.delete_old(db, now, limit)
    yield lambda db, limit: external_checks.delete_older(db, now - external_check.KEPT, limit)
    yield lambda db, limit: webhook_deliveries.delete_old(db, now - webhook_deliveries.KEPT, limit)
    yield lambda db, limit: people.delete_expired(db, now, limit)
    yield lambda db, limit: login_failures.delete_expired(db, now, limit)
    yield lambda db, limit: accounts.delete_expired_sign_ins(db, now, limit)
    yield lambda db, limit: subscriptions.delete_expired(db, now, limit)
    kept = now - outbox.KEEP_DELIVERED
    yield lambda db, limit: outbox.delete_delivered(db, delivered, kept, limit)
