"""A site's rules over the installation's settings, and a page's rules over the site's.

Stored as JSON on the site and the page; a missing rule follows the layer above.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Self

from comment_service.config import Settings
from comment_service.storage.tables import Page, Site

PAGE_RULES = frozenset(
    {"policy", "guests", "max_links", "close_after_days", "likes", "edit_minutes", "reactions"}
)
"""The rules that a page can override."""

LIMITS: Mapping[str, tuple[float, float]] = {
    "approved_before": (1, 20),
    "hold_at": (0, 1),
    "spam_at": (0, 1),
    "max_links": (0, 100),
    "min_seconds": (0, 600),
    "known_hours": (0, 24 * 365),
    "rate_minute": (1, 1000),
    "rate_hour": (1, 10_000),
    "close_after_days": (0, 36_500),
    "burst_comments": (0, 10_000),
    "shield_minutes": (1, 10_080),
    "reports_hold": (0, 1000),
    "edit_minutes": (0, 24 * 60),
}
"""The least and the greatest value that an owner can give a rule."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "policy": ("publish", "uncertain", "first", "all"),
    "likers": ("everyone", "moderators", "nobody"),
    "erased_comments": ("keep", "remove"),
}
"""The values of rules that are words."""


@dataclass(frozen=True)
class Rules:
    """The rules that apply to a submission.

    Attributes:
        policy: what is held for review (see ``COMMENTS_POLICY``).
        approved_before: published comments before the policy ``first`` trusts an author.
        hold_at: probability from which a comment is held; 0 follows the model.
        spam_at: probability from which it is marked as spam; 0 follows the model.
        max_links: number of links above which a comment is held.
        min_seconds: minimum time between opening and sending the form; faster comments are held.
        known_hours: hours an author must be known, below which a comment is held; 0 is off.
        rate_minute: submissions per author and minute; ``limits.NETWORK_FACTOR`` times per network.
        rate_hour: submissions per author and hour; likewise.
        close_after_days: days after a page's first comment when its thread closes; 0 never.
        guests: whether people without an account can comment.
        webmentions: whether pages of other websites are taken as comments and likes.
        syndication: whether replies to posts on Mastodon and Bluesky that a page names are shown.
        privacy_notice: whether readers must tick that they have read the privacy notice.
        likes: whether comments and the page can be liked.
        likers: who can see who liked: everyone, moderators or nobody.
        burst_comments: comments on one page within ten minutes that count as a flood; 0 is off.
        shield_minutes: how long everything is held after a flood.
        erased_comments: what happens to comments of deleted accounts: keep or remove.
        reports_hold: weight of open reports that hides a published comment; 0 never.
        reactions: allowed emoji, separated by spaces; "" for none.
        edit_minutes: how long authors can edit and delete their comments; 0 never.
    """

    policy: str = "uncertain"
    approved_before: int = 1
    hold_at: float = 0.0
    spam_at: float = 0.0
    max_links: int = 2
    min_seconds: float = 2.0
    known_hours: int = 0
    rate_minute: int = 5
    rate_hour: int = 40
    close_after_days: int = 0
    guests: bool = True
    webmentions: bool = False
    syndication: bool = False
    privacy_notice: bool = False
    likes: bool = True
    likers: str = "everyone"
    burst_comments: int = 30
    shield_minutes: int = 60
    reports_hold: float = 3.0
    erased_comments: str = "keep"
    edit_minutes: int = 15
    reactions: str = ""

    @property
    def emoji(self) -> tuple[str, ...]:
        """The allowed emoji, in order."""
        return tuple(self.reactions.split())

    @classmethod
    def of_settings(cls, settings: Settings) -> Self:
        """Return the installation's rules."""
        return cls(**{name: getattr(settings, name) for name in _shared_names()})

    def over(self, layer: Mapping[str, Any]) -> Self:
        """Return these rules with the overrides of a layer applied."""
        return replace(self, **layer) if layer else self


@cache
def _shared_names() -> tuple[str, ...]:
    """Return the names of the rules that are settings of the installation, too."""
    settings = {field.name for field in fields(Settings)}
    return tuple(field.name for field in fields(Rules) if field.name in settings)


def of_site(settings: Settings, site: Site) -> Rules:
    """Return the rules of a site."""
    return Rules.of_settings(settings).over(site.rules or {})


def of_page(settings: Settings, site: Site, page: Page | None) -> Rules:
    """Return the rules of a page, or of its site if the page has no thread yet."""
    return of_site(settings, site).over((page.rules if page else None) or {})


def is_closed(page: Page | None, rules: Rules, now: datetime) -> bool:
    """Return True if a page accepts no comments: closed by hand, or by age."""
    if page is None:
        return False
    if page.closed_at is not None:
        return True
    closes = closes_at(page, rules)
    return closes is not None and now >= closes


def closes_at(page: Page, rules: Rules) -> datetime | None:
    """Return when a page that is not closed by hand closes by its age, None if it does not."""
    days = rules.close_after_days
    return page.created_at + timedelta(days=days) if days else None
