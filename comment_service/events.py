"""Signals, sent after commit; each listener is isolated.

A listener takes ``(sender, **payload)``; the sender is the name of the site. An exception in a
listener is logged and affects neither the request nor the next listener. Payloads hold ids and
plain values.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from blinker import Namespace

_signals = Namespace()

comment_submitted = _signals.signal("comment_submitted")
"""A comment was stored: ``comment_id, page_id, status``."""

comment_published = _signals.signal("comment_published")
"""A comment was published, immediately or by a decision: ``comment_id, page_id``."""

comment_decided = _signals.signal("comment_decided")
"""A moderator decided or undid: ``comment_id, decision, from_status, to_status, moderator``."""

comment_edited = _signals.signal("comment_edited")
"""An author edited a comment: ``comment_id, page_id, status (after a new screening)``."""

comment_deleted = _signals.signal("comment_deleted")
"""An author deleted a comment: ``comment_id, page_id``."""

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

SIGNALS = (
    comment_submitted,
    comment_published,
    comment_decided,
    comment_edited,
    comment_deleted,
    comment_reported,
    like_changed,
    reaction_changed,
    page_moved,
    pages_merged,
    comments_moved,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Announcement:
    """One event, queued until the commit."""

    name: str
    sender: str
    payload: dict[str, object] = field(default_factory=dict)


def deliver(announcements: Iterable[Announcement]) -> None:
    """Call every listener; log exceptions and continue."""
    for announcement in announcements:
        signal = _signals.signal(announcement.name)
        for receiver in signal.receivers_for(announcement.sender):
            try:
                receiver(announcement.sender, **announcement.payload)
            except Exception:
                _log.exception("a listener of %s failed", announcement.name)
