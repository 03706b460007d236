"""A site's rules: what its owner settled, over the installation's settings, and a page's over it.

They are kept as JSON on the site and the page: a rule that is not there follows the layer above.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Self

from comment_service.config import Settings
from comment_service.storage.tables import Page, Site

PAGE_RULES = frozenset(
    {"policy", "guests", "max_links", "close_after_days", "likes", "edit_minutes", "reactions"}
)
"""The rules that a page may have of its own."""


@dataclass(frozen=True)
class Rules:
    """What holds for a submission.

    Attributes:
        policy: what waits for a moderator (see ``COMMENTS_POLICY``).
        approved_before: public comments an author needs before the policy ``first`` lets them by.
        hold_at: probability from which a comment is held; 0 follows the model.
        spam_at: probability from which it is filed unseen; 0 follows the model.
        max_links: links beyond which a comment is held.
        min_seconds: a comment sent sooner after its form was opened is held.
        known_hours: hours an author must be known here, below which a comment is held; 0 is off.
        rate_minute: submissions one network may make in a minute.
        rate_hour: the same in an hour.
        close_after_days: days after a page's first comment when its thread closes; 0 never.
        guests: whether people without an account may comment.
        likes: whether comments and the page can be liked.
        likers: who may see who liked: everyone, moderators or nobody.
        burst_comments: comments on one page within ten minutes that are a flood; 0 is off.
        shield_minutes: how long everything waits after a flood.
        erased_comments: what becomes of the comments of who has themselves erased: keep or remove.
        reports_hold: weight of open reports from which a published comment waits again; 0 never.
        reactions: emoji that comments can be given, divided by spaces; "" for none.
        edit_minutes: how long authors can edit and delete what they wrote; 0 never.
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
        """The emoji that can be given, in their order."""
        return tuple(self.reactions.split())

    @classmethod
    def of_settings(cls, settings: Settings) -> Self:
        """Return the installation's rules."""
        names = {field.name for field in fields(settings)}
        shared = {f.name: getattr(settings, f.name) for f in fields(cls) if f.name in names}
        return cls(**shared)

    def over(self, layer: Mapping[str, Any]) -> Self:
        """Return the rules with those of a layer in their place."""
        return replace(self, **layer)


def of_site(settings: Settings, site: Site) -> Rules:
    """Return the rules of a site."""
    return Rules.of_settings(settings).over(site.rules or {})


def of_page(settings: Settings, site: Site, page: Page | None) -> Rules:
    """Return the rules of a page; of its site where nobody has said anything there."""
    return of_site(settings, site).over((page.rules if page else None) or {})


def is_closed(page: Page | None, rules: Rules, now: datetime) -> bool:
    """Tell whether a page takes no more comments: closed by hand, or by its age."""
    if page is None:
        return False
    if page.closed_at is not None:
        return True
    days = rules.close_after_days
    return bool(days) and now - page.created_at >= timedelta(days=days)
