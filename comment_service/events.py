"""Signals: what may be heard, told after the commit, each listener isolated.

A listener takes ``(sender, **payload)``; the sender is the name of the site. What a listener raises
is logged and never reaches the request or the next listener. Payloads hold ids and plain values.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from blinker import Namespace

_signals = Namespace()

comment_submitted = _signals.signal("comment_submitted")
"""A comment was stored: ``comment_id, page_id, status``."""

comment_published = _signals.signal("comment_published")
"""A comment became public, at once or by a decision: ``comment_id, page_id``."""

comment_decided = _signals.signal("comment_decided")
"""A moderator decided or undid: ``comment_id, decision, from_status, to_status, moderator``."""

comment_edited = _signals.signal("comment_edited")
"""An author changed what a comment says: ``comment_id, page_id, status (as judged anew)``."""

comment_deleted = _signals.signal("comment_deleted")
"""An author deleted a comment: ``comment_id, page_id``."""

comment_reported = _signals.signal("comment_reported")
"""A reader reported a comment: ``comment_id, page_id, kind, count (open reports), held``."""

like_changed = _signals.signal("like_changed")
"""A like came or went: ``page_id, comment_id (or None), liked, count``."""

reaction_changed = _signals.signal("reaction_changed")
"""An emoji came or went: ``page_id, comment_id, emoji, given, count``."""

page_moved = _signals.signal("page_moved")
"""A page has another address: ``page_id, from_url, to_url``."""

pages_merged = _signals.signal("pages_merged")
"""Two threads became one: ``page_id`` (which stays), ``gone_id, gone_url, comments`` (moved)."""

comments_moved = _signals.signal("comments_moved")
"""Comments went to another page of their site: ``from_page_id, page_id, comments``."""

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
    """One thing that happened, kept until the commit."""

    name: str
    sender: str
    payload: dict[str, object] = field(default_factory=dict)


def deliver(announcements: Iterable[Announcement]) -> None:
    """Tell every listener; one that raises is logged and the next is told all the same."""
    for announcement in announcements:
        signal = _signals.signal(announcement.name)
        for receiver in signal.receivers_for(announcement.sender):
            try:
                receiver(announcement.sender, **announcement.payload)
            except Exception:
                _log.exception("a listener of %s failed", announcement.name)
