"""Signals, sent after commit; each listener is isolated.

A listener takes ``(sender, **payload)``; the sender is the name of the site. An exception in a
listener is logged and affects neither the request nor the next listener. Payloads hold ids and
plain values; ``PAYLOADS`` has their types.

A webhook gets the same events under names such as ``comment.submitted``.
"""

import atexit
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from queue import Full, Queue
from threading import Lock, Thread
from time import monotonic, sleep
from typing import TypedDict

from blinker import Namespace

from comment_service import forking

_signals = Namespace()

comment_submitted = _signals.signal("comment_submitted")
"""A comment was stored: ``comment_id, page_id, status``."""

comment_published = _signals.signal("comment_published")
"""A comment was published, immediately or by a decision: ``comment_id, page_id``."""

comment_held = _signals.signal("comment_held")
"""A comment began to wait for review, by screening, reports or a decision: ``comment_id,
page_id``."""

comment_filed = _signals.signal("comment_filed")
"""A comment was filed as spam, by screening or a decision: ``comment_id, page_id``."""

comment_decided = _signals.signal("comment_decided")
"""A moderator decided or undid: ``comment_id, page_id, decision, from_status, to_status,
moderator``."""

comment_edited = _signals.signal("comment_edited")
"""An author or a moderator edited a comment, or its author's name was erased: ``comment_id,
page_id, status (after a new screening)``."""

comment_deleted = _signals.signal("comment_deleted")
"""A comment was deleted by its author, with its author's account, or permanently by a moderator:
``comment_id, page_id``."""

comment_reported = _signals.signal("comment_reported")
"""A reader reported a comment: ``comment_id, page_id, kind, count (open reports), held``."""

like_changed = _signals.signal("like_changed")
"""A like was given or removed: ``page_id, comment_id (or None), liked, count``."""

reaction_changed = _signals.signal("reaction_changed")
"""A reaction was given or removed: ``page_id, comment_id, emoji, given, count``."""

page_moved = _signals.signal("page_moved")
"""A page's URL changed: ``page_id, from_url, to_url``."""

pages_merged = _signals.signal("pages_merged")
"""Two threads were merged: ``page_id`` (remains), ``gone_id, gone_url, comments`` (moved)."""

comments_moved = _signals.signal("comments_moved")
"""Comments were moved to another page of their site: ``from_page_id, page_id, comments``."""

model_trained = _signals.signal("model_trained")
"""A site's model was trained: ``model_id, promoted (whether it is active now), sentence``."""

model_promoted = _signals.signal("model_promoted")
"""A site's active model changed, also by a rollback: ``model_id, before (each None for the shipped
model), actor, reason``."""

flood_began = _signals.signal("flood_began")
"""Flood protection holds new comments: ``flood_id, page_id (None: the whole site), comments (the
exceeded limit), until (ISO 8601, UTC)``."""

flood_ended = _signals.signal("flood_ended")
"""Flood protection ended: ``flood_id, page_id (None: the whole site), ended_by ("" if no moderator
did)``."""

backup_failed = _signals.signal("backup_failed")
"""A planned backup of the server failed; sent to the site ``COMMENTS_SITE``: ``error``."""


class CommentEvent(TypedDict):
    """Payload of ``comment_published``, ``_held``, ``_filed`` and ``_deleted``."""

    comment_id: int
    page_id: int


class CommentStatusEvent(CommentEvent):
    """Payload of ``comment_submitted`` and ``comment_edited``."""

    status: str


class CommentDecidedEvent(CommentEvent):
    """Payload of ``comment_decided``."""

    decision: str
    from_status: str
    to_status: str
    moderator: str


class CommentReportedEvent(CommentEvent):
    """Payload of ``comment_reported``."""

    kind: str
    count: int
    held: bool


class LikeEvent(TypedDict):
    """Payload of ``like_changed``."""

    page_id: int
    comment_id: int | None
    liked: bool
    count: int


class ReactionEvent(CommentEvent):
    """Payload of ``reaction_changed``."""

    emoji: str
    given: bool
    count: int


class PageMovedEvent(TypedDict):
    """Payload of ``page_moved``."""

    page_id: int
    from_url: str
    to_url: str


class PagesMergedEvent(TypedDict):
    """Payload of ``pages_merged``."""

    page_id: int
    gone_id: int
    gone_url: str
    comments: int


class CommentsMovedEvent(TypedDict):
    """Payload of ``comments_moved``."""

    from_page_id: int
    page_id: int
    comments: int


class ModelTrainedEvent(TypedDict):
    """Payload of ``model_trained``."""

    model_id: str
    promoted: bool
    sentence: str


class ModelPromotedEvent(TypedDict):
    """Payload of ``model_promoted``."""

    model_id: str | None
    before: str | None
    actor: str
    reason: str


class FloodBeganEvent(TypedDict):
    """Payload of ``flood_began``."""

    flood_id: int
    page_id: int | None
    comments: int
    until: str


class FloodEndedEvent(TypedDict):
    """Payload of ``flood_ended``."""

    flood_id: int
    page_id: int | None
    ended_by: str


class BackupFailedEvent(TypedDict):
    """Payload of ``backup_failed``."""

    error: str


PAYLOADS: Mapping[str, type] = {
    comment_submitted.name: CommentStatusEvent,
    comment_published.name: CommentEvent,
    comment_held.name: CommentEvent,
    comment_filed.name: CommentEvent,
    comment_decided.name: CommentDecidedEvent,
    comment_edited.name: CommentStatusEvent,
    comment_deleted.name: CommentEvent,
    comment_reported.name: CommentReportedEvent,
    like_changed.name: LikeEvent,
    reaction_changed.name: ReactionEvent,
    page_moved.name: PageMovedEvent,
    pages_merged.name: PagesMergedEvent,
    comments_moved.name: CommentsMovedEvent,
    model_trained.name: ModelTrainedEvent,
    model_promoted.name: ModelPromotedEvent,
    flood_began.name: FloodBeganEvent,
    flood_ended.name: FloodEndedEvent,
    backup_failed.name: BackupFailedEvent,
}
"""Signal → the type of its payload."""


def event_type(signal: str) -> str:
    """Return the name of a signal's event in webhooks: ``comment.submitted``."""
    return signal.replace("_", ".", 1)


EVENT_TYPES = tuple(map(event_type, PAYLOADS))
"""The events that a webhook can choose."""

SIGNALS = (
    comment_submitted,
    comment_published,
    comment_held,
    comment_filed,
    comment_decided,
    comment_edited,
    comment_deleted,
    comment_reported,
    like_changed,
    reaction_changed,
    page_moved,
    pages_merged,
    comments_moved,
    model_trained,
    model_promoted,
    flood_began,
    flood_ended,
    backup_failed,
)

_log = logging.getLogger(__name__)
SLOW_SECONDS = 5
MAX_WAITING = 10_000


@dataclass(frozen=True)
class Announcement:
    """One event, queued until the commit."""

    name: str
    sender: str
    payload: dict[str, object] = field(default_factory=dict)


def deliver(announcements: Iterable[Announcement], *, wait: bool = False) -> None:
    """Call the listeners of each announcement, in a thread of their own.

    A listener can be slow or fail; neither delays the request or the worker. With ``wait`` the
    listeners are called here and now, for tests.
    """
    for announcement in announcements:
        if wait:
            _call_listeners(announcement)
        elif _signals.signal(announcement.name).receivers:
            _dispatcher.add(announcement)


def flush(timeout: float = SLOW_SECONDS) -> bool:
    """Wait until every announcement so far was delivered; return False if that takes too long."""
    return _dispatcher.flush(timeout)


def _call_listeners(announcement: Announcement) -> None:
    """Call every listener; log what they raise, also ``SystemExit``, and continue."""
    signal = _signals.signal(announcement.name)
    for receiver in signal.receivers_for(announcement.sender):
        begun = monotonic()
        try:
            receiver(announcement.sender, **announcement.payload)
        except BaseException:
            _log.exception("a listener of %s failed", announcement.name)
        if monotonic() - begun > SLOW_SECONDS:
            _log.warning("a listener of %s took more than %d s", announcement.name, SLOW_SECONDS)


class _Dispatcher:
    """Delivers announcements in order, in one daemon thread per process."""

    def __init__(self) -> None:
        self.renew_in_child()
        forking.renew_in_child(self)

    def renew_in_child(self) -> None:
        """Start empty; the parent delivers what it has enqueued."""
        self._queue: Queue[Announcement] = Queue(MAX_WAITING)
        self._lock = Lock()
        self._thread: Thread | None = None

    def add(self, announcement: Announcement) -> None:
        """Enqueue an announcement; start the thread at the first one."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="comments-signals", daemon=True)
                self._thread.start()
                atexit.register(self.flush, SLOW_SECONDS)
        try:
            self._queue.put_nowait(announcement)
        except Full:
            _log.error("listeners are too slow: %s was not delivered", announcement.name)

    def flush(self, timeout: float) -> bool:
        """Wait until the queue is empty and the last listener has returned."""
        end = monotonic() + timeout
        while self._queue.unfinished_tasks and monotonic() < end:
            sleep(0.01)
        return not self._queue.unfinished_tasks

    def _run(self) -> None:
        while True:
            announcement = self._queue.get()
            try:
                _call_listeners(announcement)
            finally:
                self._queue.task_done()


_dispatcher = _Dispatcher()
