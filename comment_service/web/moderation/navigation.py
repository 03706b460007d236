"""The header of every page for moderators: the queues with their counts, and the other pages."""

from dataclasses import dataclass

from flask import g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from comment_service.storage.db.session import session
from comment_service.storage.moderation import queue as queues
from comment_service.storage.moderation.filters import QUEUES
from comment_service.web.moderation import spot_check

FIRST = "first"
LABELS = {
    "pending": _l("Needs review"),
    "reported": _l("Reported"),
    "spam": _l("Spam"),
    "published": _l("Published"),
    "rejected": _l("Rejected"),
    "all": _l("All"),
}
_OWNERS = (
    ("owner.model", _l("Filter")),
    ("rules.show", _l("Rules")),
    ("causes.show", _l("Take back")),
    ("people.show", _l("People")),
    ("doctor.show", _l("Doctor")),
)
_LAST = (
    ("pages.show", _l("Pages")),
    ("moderation.replies", _l("Saved replies")),
    ("snippet.show", _l("Snippet")),
)
"""Endpoint → what its tab is called."""


@dataclass(frozen=True)
class Tab:
    """One way to go: a queue with its number of comments, or a page."""

    key: str  # of a queue, or an endpoint
    label: str
    url: str
    current: str  # the value of aria-current, "" elsewhere
    count: int | None = None  # None where nothing is counted
    more: bool = False  # whether there are more than that


def queue_tabs() -> list[Tab]:
    """Return the queues with their counts; the one that is shown is marked."""
    counts = queues.counts(session(), g.rights.scope)
    shown = request.endpoint == "moderation.queue"
    here = (request.view_args or {}).get("queue", "pending") if shown else ""
    found = [
        Tab(
            key,
            str(LABELS[key]),
            url_for("moderation.queue", queue=key),
            "page" if key == here else "",
            counts[key].number,
            counts[key].more,
        )
        for key in QUEUES
    ]
    if request.endpoint == "moderation.first":
        found.insert(0, Tab(FIRST, _("Review first"), url_for("moderation.first"), "page"))
    return found


def page_tabs() -> list[Tab]:
    """Return the other pages; the spot check is among them while samples wait, or on its page."""
    found = [_page("moderation.week", _("Overview"))]
    waiting = spot_check.waiting()
    if waiting or request.endpoint == "moderation.check":
        found.append(_page("moderation.check", _("Spot check"), waiting or None))
    if g.rights.owner:
        found += [_page(endpoint, str(label)) for endpoint, label in _OWNERS]
    return found + [_page(endpoint, str(label)) for endpoint, label in _LAST]


def _page(endpoint: str, label: str, count: int | None = None) -> Tab:
    return Tab(endpoint, label, url_for(endpoint), _current(endpoint), count)


def _current(endpoint: str) -> str:
    """Return what a tab says of itself: "page" on its page, "true" on one that belongs to it."""
    if request.endpoint == endpoint:
        return "page"
    door = endpoint.partition(".")[0]
    return "true" if door != "moderation" and request.blueprint == door else ""
