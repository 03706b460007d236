"""What screening looks at: plain values of one submission and its surroundings."""

from dataclasses import dataclass
from functools import cached_property

from comment_service.text import links
from comment_service.text.folding import fold_key


@dataclass(frozen=True)
class Submission:
    """One text on its way in, with what is known of whoever sent it."""

    text: str
    name: str = ""
    email: str = ""
    url: str = ""
    site_id: int = 0
    page_id: int = 0
    page_title: str = ""
    page_closed: bool = False
    author_id: int | None = None
    author_blocked: bool = False
    author_trusted: bool = False
    moderator: bool = False
    network: str = ""
    seconds: float | None = None  # from opening the form to sending it; None where unknown
    honeypot: str = ""
    comment_id: int | None = None  # set where an existing comment is judged again
    lang: str = ""

    @cached_property
    def key(self) -> str:
        """The folded text: two disguises of one text have the same."""
        return fold_key(self.text)

    @cached_property
    def links(self) -> list[str]:
        """The URLs in the text."""
        return links.urls(self.text)

    @cached_property
    def domains(self) -> set[str]:
        """Registrable domains of the links and of the author's website."""
        found = {links.domain(url) for url in [*self.links, self.url] if url}
        return found - {""}
