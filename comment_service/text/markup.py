"""Parse a blog page's HTML: scripts, comment elements, canonical URL and CSP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from comment_service.text.foreign_html import well_formed


@dataclass
class PageMarkup:
    """The relevant parts of a page's HTML; all URLs are absolute."""

    scripts: list[Mapping[str, str]] = field(default_factory=list)
    elements: list[Mapping[str, str]] = field(default_factory=list)  # <comment-thread>
    canonical: str = ""
    policies: list[str] = field(default_factory=list)
    title: str = ""


class _Reader(HTMLParser):
    """Collect the relevant tags."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.found = PageMarkup()
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect a relevant tag."""
        attributes = {name: value or "" for name, value in attrs}
        if tag == "base" and attributes.get("href"):
            self.url = _joined(self.url, attributes["href"]) or self.url
        elif tag == "script" and attributes.get("src"):
            address = _joined(self.url, attributes["src"])
            if address:
                self.found.scripts.append({**attributes, "src": address})
        elif tag == "comment-thread":
            self.found.elements.append(attributes)
        elif tag == "link" and "canonical" in attributes.get("rel", "").lower().split():
            address = attributes.get("href", "")
            self.found.canonical = self.found.canonical or _joined(self.url, address) or address
        elif (
            tag == "meta" and attributes.get("http-equiv", "").lower() == "content-security-policy"
        ):
            self.found.policies.append(attributes.get("content", ""))
        self._in_title = tag == "title" and not self.found.title

    def handle_data(self, data: str) -> None:
        """Collect the title."""
        if self._in_title:
            self.found.title += data

    def handle_endtag(self, tag: str) -> None:
        """Note the end of the title."""
        self._in_title = False


def parse_page(html: str, url: str) -> PageMarkup:
    """Return the relevant parts of a page's HTML; ``url`` resolves relative URLs."""
    reader = _Reader(url)
    reader.feed(well_formed(html))
    return reader.found


def _joined(base: str, address: str) -> str:
    """Resolve a URL against a base; return "" for one that is not valid, such as ``http://[``."""
    try:
        joined = urljoin(base, address)
        urlsplit(joined)
    except ValueError:
        return ""
    return joined
