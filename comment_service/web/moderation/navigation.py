"""The header of every moderation page: the queues with their counts, and the other pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from comment_service.storage.admin import rights
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
_MENUS = (
    (
        _l("Insights"),
        (
            ("moderation.week", _l("Overview"), False),
            ("moderation.check", _l("Spot check"), False),
            ("bulk_undo.show", _l("Bulk undo"), True),
        ),
    ),
    (
        _l("Filter"),
        (
            ("filter.model", _l("Spam filter"), True),
            ("external_checks.show", _l("Checked for other programs"), True),
        ),
    ),
    (
        _l("Settings"),
        (
            ("rules.show", _l("Rules"), True),
            ("rules.blocklists", _l("Blocklists"), True),
            ("pages.show", _l("Pages"), False),
            ("moderation.replies", _l("Saved replies"), False),
            ("sites.show", _l("Sites and origins"), True),
            ("embed_code.show", _l("Embed code"), False),
            ("embed_check.show", _l("Embed check"), True),
            ("imports.show", _l("Import"), True),
            ("export.show", _l("Export"), True),
            ("person.show", _l("Personal data"), True),
            ("api_keys.show", _l("API keys"), True),
            ("webhooks.show", _l("Webhooks"), True),
        ),
    ),
    (_l("Team"), (("team.show", _l("Team"), True),)),
)
"""Label of a menu → its pages: endpoint, label, and whether only owners see it."""
_ENDPOINTS = {endpoint for _label, pages in _MENUS for endpoint, _name, _owners in pages}


@dataclass(frozen=True)
class Tab:
    """A tab: a queue with its number of comments, or a page."""

    key: str  # a queue's key, or an endpoint
    label: str
    url: str
    current: str  # the value of aria-current, "" elsewhere
    count: int | None = None  # None for pages without a count
    more: bool = False  # True if there are more than ``count``


@dataclass(frozen=True)
class Menu:
    """A menu of pages; one with a single page of the same name is a link."""

    label: str
    tabs: Sequence[Tab]
    current: str = ""  # "true" if it holds the current page
    count: int | None = None  # what waits on one of its pages


@dataclass(frozen=True)
class OwnSite:
    """The only site of a moderator, and its address ("" if none is registered)."""

    name: str
    url: str


def only_site() -> OwnSite | None:
    """Return the site that a moderator has a role on; None if there are several."""
    found = rights.allowed_sites(session(), g.rights.sites, limit=2)
    if len(found) != 1:
        return None
    exact = [origin for origin in found[0].origins if "*" not in origin]
    return OwnSite(found[0].name, exact[0] if exact else "")


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


def page_menus() -> list[Menu]:
    """Return the menus of the other pages that this moderator may see."""
    waiting = spot_check.pending_samples()
    menus = []
    for label, pages in _MENUS:
        tabs = [
            _page(endpoint, str(name), waiting if endpoint == "moderation.check" else None)
            for endpoint, name, owners in pages
            if (g.rights.owner or not owners)
            and (endpoint != "moderation.check" or _checks(waiting))
        ]
        if tabs:
            current = "true" if any(tab.current for tab in tabs) else ""
            count = waiting if any(tab.key == "moderation.check" for tab in tabs) else None
            menus.append(Menu(str(label), tabs, current, count or None))
    return menus


def _checks(waiting: int) -> bool:
    """Return True if samples of the spot check are pending, or on its page."""
    return bool(waiting) or request.endpoint == "moderation.check"


def _page(endpoint: str, label: str, count: int | None = None) -> Tab:
    return Tab(endpoint, label, url_for(endpoint), _current(endpoint), count)


def _current(endpoint: str) -> str:
    """Return a tab's ``aria-current``: "page" on its page, "true" on one of the same blueprint."""
    if request.endpoint == endpoint:
        return "page"
    blueprint = endpoint.partition(".")[0]
    elsewhere = blueprint == "moderation" or request.endpoint in _ENDPOINTS
    return "true" if not elsewhere and request.blueprint == blueprint else ""
