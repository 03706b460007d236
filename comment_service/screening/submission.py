"""The input of screening: one submission with its context, as plain values."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from comment_service.runtime import ReadText
from comment_service.storage.admin.rules import Rules
from comment_service.storage.comments.author_history import SameText
from comment_service.text import links
from comment_service.text.folding import fold_key
from comment_service.text.likeness import Near, likeness_key


@dataclass(frozen=True)
class Submission:
    """A new or edited comment, with its author, page and context."""

    text: str
    html: str = ""  # the rendered text
    parent_id: int | None = None
    name: str = ""
    email: str = ""
    url: str = ""
    source_url: str = ""  # the page elsewhere that it is a copy of; the comment links there
    site_id: int = 0
    page_id: int = 0
    page_title: str = ""
    page_closed: bool = False
    author_id: int | None = None
    author_is_new: bool = False  # added with this submission
    author_name: str = ""  # the author's public name, which passed screening or a moderator
    author_blocked: bool = False
    author_shadowed: bool = False
    author_trusted: bool = False
    moderator: bool = False
    owner: bool = False  # a moderator who owns the site
    writer: bool = False
    guest: bool = False
    network: str = ""
    seconds: float | None = None  # from opening the form to sending it; None if unknown
    honeypot: str = ""
    comment_id: int | None = None  # set if an existing comment is screened again
    lang: str = ""
    campaign: int | None = None  # id of the first near-duplicate
    page_text: str = ""  # the thread so far
    author_since: datetime | None = None  # when the author was first seen here
    shielded: bool = False  # whether flood protection is on
    rules: Rules = field(default_factory=Rules)
    known: Mapping[str, float] = field(default_factory=dict)  # context counts by name
    earlier: Sequence[SameText] = ()  # newest comments of the site with the same folded text
    read: ReadText | None = None  # what a model read of the text before the transaction
    near: Near | None = None  # the search for a campaign before the transaction

    def with_context(self, **known: Any) -> Self:
        """Return the submission with more known of it; its text, links and names are the same.

        What was read from the text once is kept.

        Raises:
            TypeError: a name is no field, or one of those that were read.
        """
        if wrong := known.keys() - _CONTEXT:
            raise TypeError(f"with_context changes no {', '.join(sorted(wrong))}")
        found = copy(self)
        vars(found).update(known)
        return found

    @cached_property
    def key(self) -> str:
        """Return the folded text, which is equal for all disguises of one text."""
        return fold_key(self.text)

    @cached_property
    def likeness(self) -> str:
        """Return the key by which copies are found, "" if the text is too short for a campaign."""
        return likeness_key(self.text)

    @cached_property
    def links(self) -> list[str]:
        """Return the URLs that readers can follow, then those that occur only in the text."""
        followed = links.targets(self.html)
        return followed + [url for url in links.urls(self.text) if not _within(url, followed)]

    @cached_property
    def domains(self) -> set[str]:
        """Return the registrable domains of the links, the author's website and the source."""
        found = {links.domain(url) for url in [*self.links, self.url, self.source_url] if url}
        return found - {""}


_CONTEXT = frozenset(Submission.__dataclass_fields__) - {
    *("text", "html", "name", "email", "url", "source_url"),
}
"""Fields from which nothing is read once and kept."""


def _within(url: str, followed: list[str]) -> bool:
    """Return True if a URL in the text is part of a link that readers can follow."""
    return any(url.lower() in target.lower() for target in followed)
