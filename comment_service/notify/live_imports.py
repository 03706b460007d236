"""Fetch the comments of a running WordPress that an owner named on the import page.

It runs in a thread of its own, so that a WordPress that is slow delays no mail. Afterwards the
worker checks what was fetched as it checks an uploaded file.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from comment_service.actions.transfer import stored_files, upload
from comment_service.actions.transfer.fetch_wordpress import fetch_wordpress
from comment_service.actions.transfer.run_import import Interrupted
from comment_service.errors import AlreadyDone, Refusal, Unacceptable
from comment_service.notify.failures import log_failure
from comment_service.runtime import Runtime
from comment_service.storage.db.session import session, transaction
from comment_service.storage.transfer import imports
from comment_service.text.sentences import staff_sentence

PROGRESS_SECONDS = 1.0
MAX_SECONDS = 6 * 3600.0
"""Longest time that fetching may take; the command on the server has no limit."""
MEGABYTE = 1_000_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Asked:
    """An import, read before another server is asked."""

    id: int
    stored: str
    url: str
    user: str


def deliver_due(runtime: Runtime, stop: threading.Event | None = None) -> int:
    """Fetch the comments of the import that waits longest; return how many were tried."""
    row = imports.next_to_fetch(session())
    if row is None:
        return 0
    asked = _Asked(row.id, row.stored, row.options["fetch"]["url"], row.options["fetch"]["user"])
    session().rollback()  # no transaction is open while another server is asked
    try:
        _fetch(runtime, asked, stop)
    except Interrupted:  # the next start of the worker begins again
        return 0
    except AlreadyDone:  # discarded meanwhile
        stored_files.delete(runtime, asked.stored)
    except Refusal as refusal:
        _fail(runtime, asked, refusal.full_message)
    except Exception as error:  # told on the page; a retry would use the password again
        _fail(runtime, asked, log_failure(_log, "fetching from WordPress", error))
    return 1


def _fetch(runtime: Runtime, asked: _Asked, stop: threading.Event | None) -> None:
    part = stored_files.part_of(runtime, asked.stored)
    number = fetch_wordpress(
        url=asked.url,
        user=asked.user,
        password=stored_files.read_password(runtime, asked.stored),
        into=part,
        guard=True,
        most=runtime.settings.import_megabytes * MEGABYTE,
        report=_recorder(asked, stop),
        wait=_waiter(stop, monotonic() + MAX_SECONDS),
    )
    if not number:
        raise Unacceptable(staff_sentence("This WordPress has no comments."))
    part.replace(stored_files.folder(runtime) / asked.stored)
    with transaction() as current:
        upload.finish_fetch(session=current, runtime=runtime, import_id=asked.id)
    stored_files.forget_password(runtime, asked.stored)


def _fail(runtime: Runtime, asked: _Asked, why: str) -> None:
    with transaction() as current:
        upload.fail(session=current, import_id=asked.id, reason=why)
    stored_files.delete(runtime, asked.stored)


def _waiter(stop: threading.Event | None, until: float) -> Callable[[float], None]:
    """Return a callback that waits until a busy server is asked again; it ends what is too long."""
    waiting = stop or threading.Event()

    def wait(seconds: float) -> None:
        if waiting.wait(seconds):
            raise Interrupted
        if monotonic() > until:
            raise _too_slow()

    return wait


def _too_slow() -> Unacceptable:
    return Unacceptable(
        staff_sentence(
            "This WordPress is too slow. Use `comment-service import wordpress` on the server."
        )
    )


def _recorder(asked: _Asked, stop: threading.Event | None) -> Callable[[int, int], None]:
    """Return a callback that stores the progress once a second, and ends what may not go on."""
    started = recorded = monotonic()

    def record(done: int, total: int) -> None:
        nonlocal recorded
        if stop is not None and stop.is_set():
            raise Interrupted
        if monotonic() - recorded < PROGRESS_SECONDS:
            return
        recorded = monotonic()
        if recorded - started > MAX_SECONDS:
            raise _too_slow()
        with transaction() as current:
            upload.record_fetched(session=current, import_id=asked.id, of=(done, total))

    return record
