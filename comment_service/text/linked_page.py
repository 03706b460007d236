"""What a page of another site links to, its title, and the Webmention endpoint that it names.

A visitor can name any page, so its HTML goes through nh3 first: a parser in Rust that does not
block other threads, in time that is bounded by the size and the number of tags. Python's own
parser takes hours for some broken pages; it reads only the well-formed result.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import nh3

MAX_TAGS, MAX_ENTITIES = 20_000, 50_000
"""Pages with more are not read: some take time that grows with the square of these numbers."""
MAX_LINKS = 5_000
"""Links of a page that are looked at."""
MAX_NESTING = 12
"""Elements with a class of a microformat inside each other; a reader of more takes too long."""
_TAG = re.compile(r"<[a-zA-Z]")
_SOURCES = {"audio", "iframe", "img", "source", "video"}
_VOID = {"area", "base", "br", "img", "link", "source"}
_ARTICLES = {"article", "main"}
NOT_OWN = {"ugc", "nofollow", "sponsored"}
"""Relations of links that the author of a page does not stand for, as those in comments."""
_ROOTS = {"h-card", "h-cite", "h-entry", "h-feed"}
_PROPERTIES = {
    "dt-published", "e-content", "p-author", "p-content", "p-name", "p-summary", "u-author",
    "u-in-reply-to", "u-like-of", "u-repost-of", "u-uid", "u-url",
}  # fmt: skip


def _keep_attribute(_tag: str, name: str, value: str) -> str | None:
    """Keep the classes that are read; of an item within an item one property only.

    A parser reads such an item once for each of its properties, and so on for those below it.
    """
    if name != "class":
        return value
    classes = value.split()
    roots = [one for one in classes if one in _ROOTS][:1]
    properties = [one for one in classes if one in _PROPERTIES]
    return " ".join(roots + properties[: 1 if roots else len(_PROPERTIES)]) or None


_CLEANER = nh3.Cleaner(
    tags={
        "a", "abbr", "address", "area", "article", "aside", "b", "base", "blockquote", "br", "cite",
        "code", "data", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure",
        "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "i", "ins", "label", "li",
        "link", "main", "nav", "ol", "p", "pre", "q", "s", "section", "small", "span", "strong",
        "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "time", "title", "tr", "u",
        "ul", "var", *_SOURCES,
    },
    clean_content_tags={"math", "noscript", "script", "style", "svg", "template", "textarea"},
    attributes={
        "*": {"class"},
        "a": {"href", "rel"},
        "abbr": {"title"},
        "area": {"href"},
        "base": {"href"},
        "data": {"value"},
        "img": {"alt", "src"},
        "link": {"href", "rel"},
        "time": {"datetime"},
        **{tag: {"src"} for tag in _SOURCES - {"img"}},
    },
    attribute_filter=_keep_attribute,
    url_schemes={"http", "https"},
    link_rel=None,
)  # fmt: skip


class UnreadablePageError(ValueError):
    """A page has too many tags to be read."""


@dataclass
class LinkedPage:
    """The relevant parts of a page; all URLs are absolute, http or https.

    Attributes:
        base: the URL that relative URLs were resolved against.
        html: the page without anything but structure, text and links.
        title: of the document, on one line.
        links: what the page links to or embeds, in order, each once.
        own_links: the links of its article (all, if it marks none) that visitors did not write.
        endpoint: the first Webmention endpoint, None if the page names none.
        nesting: the most elements of microformats inside each other.
    """

    base: str
    html: str = field(repr=False)
    title: str = ""
    links: list[str] = field(default_factory=list)
    own_links: list[str] = field(default_factory=list)
    endpoint: str | None = None
    nesting: int = 0


class _Reader(HTMLParser):
    """Collect title, links and endpoint."""

    def __init__(self, page: LinkedPage) -> None:
        super().__init__()
        self.page = page
        self._links: dict[str, None] = {}
        self._own_links: dict[str, bool] = {}  # link → whether it is in the article
        self._articles = 0
        self._in_title = self._has_base = False
        self._open: list[tuple[bool, bool]] = []  # if an element has a class, and is the article
        self._nesting = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect a relevant tag."""
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and given.get("href") and not self._has_base:
            self.page.base = join_url(self.page.base, given["href"]) or self.page.base
            self._has_base = True
        names_endpoint = tag in {"a", "link"} and is_webmention(given.get("rel", ""))
        if names_endpoint and "href" in given and self.page.endpoint is None:
            self.page.endpoint = join_url(self.page.base, given["href"]) or None
        if tag in {"a", "area"} or (tag == "link" and "class" in given):
            self._add(given.get("href"), given.get("rel", "") if tag == "a" else "nofollow")
        elif tag in _SOURCES:
            self._add(given.get("src"), "nofollow")
        self._in_title = tag == "title" and not self.page.title
        if tag not in _VOID:
            is_article = tag in _ARTICLES or "h-entry" in given.get("class", "").split()
            self._open.append(("class" in given, is_article))
            self._nesting += "class" in given
            self._articles += is_article
            self.page.nesting = max(self.page.nesting, self._nesting)

    def _add(self, address: str | None, rel: str) -> None:
        found = join_url(self.page.base, address) if address is not None else ""
        if not found or len(self._links) >= MAX_LINKS:
            return
        self._links[found] = None
        if not NOT_OWN & set(rel.lower().split()):
            in_article = self._articles > 0
            self._own_links[found] = self._own_links.get(found, False) or in_article

    def handle_data(self, data: str) -> None:
        """Collect the title."""
        if self._in_title:
            self.page.title += data

    def handle_endtag(self, tag: str) -> None:
        """Note the end of an element."""
        self._in_title = False
        has_class, is_article = self._open.pop()
        self._nesting -= has_class
        self._articles -= is_article

    def close(self) -> None:
        """Store what was collected."""
        super().close()
        self.page.title = " ".join(self.page.title.split())
        self.page.links = list(self._links)
        in_article = [link for link, inside in self._own_links.items() if inside]
        self.page.own_links = in_article or list(self._own_links)


def read_page(html: str, url: str) -> LinkedPage:
    """Return the relevant parts of a page's HTML; ``url`` resolves relative URLs.

    Raises:
        UnreadablePageError: the page has too many tags or character references.
    """
    require_readable(html)
    page = LinkedPage(base=url, html=_CLEANER.clean(html))
    reader = _Reader(page)
    reader.feed(page.html)
    reader.close()
    return page


def require_readable(html: str) -> None:
    """Check that a page can be read in bounded time.

    Raises:
        UnreadablePageError: the page has too many tags or character references.
    """
    if html.count("&") > MAX_ENTITIES or sum(1 for _tag in _TAG.finditer(html)) > MAX_TAGS:
        raise UnreadablePageError("The page is too large to be read.")


def endpoint_of(page: LinkedPage, headers: Mapping[str, str], url: str) -> str | None:
    """Return a page's Webmention endpoint: that of its ``Link`` headers, else that of its HTML.

    Args:
        page: the page.
        headers: of the response, with lower-case names.
        url: of the response, after redirects.
    """
    from requests.utils import parse_header_links

    for link in parse_header_links(headers.get("link", "")):
        given = {name.lower(): value for name, value in link.items()}
        if is_webmention(given.get("rel", "")):
            found = join_url(url, given["url"])
            if found:
                return found
    return page.endpoint


def is_webmention(rel: str) -> bool:
    """Return True if a list of link relations has ``webmention``."""
    return "webmention" in rel.lower().split()


def join_url(base: str, address: str) -> str:
    """Resolve a URL against a base; return "" for what is not an http(s) URL with a host."""
    try:
        joined = urljoin(base, address.strip())
        parts = urlsplit(joined)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return joined if usable else ""
