"""What screening looks at: plain values of one submission and its surroundings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from comment_service.storage.admin.rules import Rules
from comment_service.storage.tables import Comment
from comment_service.text import links
from comment_service.text.folding import fold_key
from comment_service.text.likeness import likeness_key


@dataclass(frozen=True)
class Submission:
    """One text on its way in, with what is known of whoever sent it."""

    text: str
    html: str = ""  # the text as it will be shown
    parent_id: int | None = None
    name: str = ""
    email: str = ""
    url: str = ""
    site_id: int = 0
    page_id: int = 0
    page_title: str = ""
    page_closed: bool = False
    author_id: int | None = None
    author_blocked: bool = False
    author_shadowed: bool = False
    author_trusted: bool = False
    moderator: bool = False
    writer: bool = False
    guest: bool = False
    network: str = ""
    seconds: float | None = None  # from opening the form to sending it; None where unknown
    honeypot: str = ""
    comment_id: int | None = None  # set where an existing comment is judged again
    lang: str = ""
    campaign: int | None = None  # the first comment that says nearly the same
    page_text: str = ""  # what was said on the page before
    author_since: datetime | None = None  # when the author was first seen here
    shielded: bool = False  # whether everything waits here, after a flood
    rules: Rules = field(default_factory=Rules)
    known: Mapping[str, float] = field(default_factory=dict)  # what surrounds it, by name
    earlier: Sequence[Comment] = ()  # newest comments of the site with the same folded text

    @cached_property
    def key(self) -> str:
        """The folded text: two disguises of one text have the same."""
        return fold_key(self.text)

    @cached_property
    def likeness(self) -> str:
        """The key by which copies are found, "" where the text is too short for a campaign."""
        return likeness_key(self.text)

    @cached_property
    def links(self) -> list[str]:
        """The URLs that readers can follow, and those that only stand in the text."""
        followed = links.targets(self.html)
        return followed + [url for url in links.urls(self.text) if not _within(url, followed)]

    @cached_property
    def domains(self) -> set[str]:
        """Registrable domains of the links and of the author's website."""
        found = {links.domain(url) for url in [*self.links, self.url] if url}
        return found - {""}


def _within(url: str, followed: list[str]) -> bool:
    """Tell whether a URL of the text is one of those that can be followed."""
    return any(url.lower() in target.lower() for target in followed)
