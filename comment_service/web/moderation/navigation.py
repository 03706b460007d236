"""The header of every moderation page: the queues with their counts, and the other pages."""

from dataclasses import dataclass

from flask import g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from comment_service.storage.db.session import session
from comment_service.storage.moderation import queue as queues
from comment_service.storage.moderation.filters import QUEUES
from comment_service.web.moderation import spot_check

REVIEW_FIRST = "first"
LABELS = {
    "pending": _l("Needs review"),
    "reported": _l("Reported"),
    "spam": _l("Spam"),
    "published": _l("Published"),
    "rejected": _l("Rejected"),
    "all": _l("All"),
}
_OWNER_PAGES = (
    ("filter.model", _l("Filter")),
    ("rules.show", _l("Rules")),
    ("bulk_undo.show", _l("Take back")),
    ("team.show", _l("People")),
    ("embed_check.show", _l("Doctor")),
)
_OTHER_PAGES = (
    ("pages.show", _l("Pages")),
    ("moderation.replies", _l("Saved replies")),
    ("embed_code.show", _l("Snippet")),
)
"""Endpoint → the label of its tab."""


@dataclass(frozen=True)
class Tab:
    """A tab: a queue with its number of comments, or a page."""

    key: str  # a queue's key, or an endpoint
    label: str
    url: str
    current: str  # the value of aria-current, "" elsewhere
    count: int | None = None  # None for pages without a count
    more: bool = False  # True if there are more than ``count``


def queue_tabs() -> list[Tab]:
    """Return the queues with their counts; the current one is marked."""
    counts = queues.count_queues(session(), g.rights.scope)
    on_queue = request.endpoint == "moderation.queue"
    current = (request.view_args or {}).get("queue", "pending") if on_queue else ""
    tabs = [
        Tab(
            key,
            str(LABELS[key]),
            url_for("moderation.queue", queue=key),
            "page" if key == current else "",
            counts[key].number,
            counts[key].more,
        )
        for key in QUEUES
    ]
    if request.endpoint == "moderation.first":
        tabs.insert(0, Tab(REVIEW_FIRST, _("Review first"), url_for("moderation.first"), "page"))
    return tabs


def page_tabs() -> list[Tab]:
    """Return the other pages; with the spot check if samples are pending or on its page."""
    tabs = [_page("moderation.week", _("Overview"))]
    waiting = spot_check.pending_samples()
    if waiting or request.endpoint == "moderation.check":
        tabs.append(_page("moderation.check", _("Spot check"), waiting or None))
    if g.rights.owner:
        tabs += [_page(endpoint, str(label)) for endpoint, label in _OWNER_PAGES]
    return tabs + [_page(endpoint, str(label)) for endpoint, label in _OTHER_PAGES]


def _page(endpoint: str, label: str, count: int | None = None) -> Tab:
    return Tab(endpoint, label, url_for(endpoint), _current(endpoint), count)


def _current(endpoint: str) -> str:
    """Return a tab's ``aria-current``: "page" on its page, "true" on one of the same blueprint."""
    if request.endpoint == endpoint:
        return "page"
    blueprint = endpoint.partition(".")[0]
    return "true" if blueprint != "moderation" and request.blueprint == blueprint else ""
