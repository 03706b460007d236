"""What a blogger's page says of itself: its scripts, its canonical address, its policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass
class PageMarkup:
    """What was found in a page's HTML; addresses are whole."""

    scripts: list[Mapping[str, str]] = field(default_factory=list)
    elements: list[Mapping[str, str]] = field(default_factory=list)  # <comment-thread>
    canonical: str = ""
    policies: list[str] = field(default_factory=list)
    title: str = ""


class _Reader(HTMLParser):
    """Collects what counts."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.found = PageMarkup()
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that counts."""
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and given.get("href"):
            self.url = _joined(self.url, given["href"])
        elif tag == "script" and given.get("src"):
            self.found.scripts.append({**given, "src": _joined(self.url, given["src"])})
        elif tag == "comment-thread":
            self.found.elements.append(given)
        elif tag == "link" and "canonical" in given.get("rel", "").lower().split():
            self.found.canonical = self.found.canonical or _joined(self.url, given.get("href", ""))
        elif tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.found.policies.append(given.get("content", ""))
        self._in_title = tag == "title" and not self.found.title

    def handle_data(self, data: str) -> None:
        """Note the title."""
        if self._in_title:
            self.found.title += data

    def handle_endtag(self, tag: str) -> None:
        """Note where the title ends."""
        self._in_title = False


def read(html: str, url: str) -> PageMarkup:
    """Return what a page at an address says of itself."""
    reader = _Reader(url)
    reader.feed(html)
    return reader.found


def _joined(base: str, address: str) -> str:
    """Return an address as a page means it; one that is none stays as it is written."""
    try:
        return urljoin(base, address)
    except ValueError:
        return address
