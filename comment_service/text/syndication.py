"""Addresses of posts on Mastodon and Bluesky, and those that a page names as copies of itself.

A page names them by ``<link rel="syndication">``, by a link with the class ``u-syndication``, or
by the attribute ``data-syndication`` of the embed code.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

import nh3

from comment_service.text.addresses import origin
from comment_service.text.linked_page import NOT_OWN, join_url, require_readable

MASTODON, BLUESKY = "mastodon_thread", "bluesky_thread"
"""Services: every server that speaks Mastodon's API, and Bluesky. Also the providers of the
identities of those who reply there."""
BLUESKY_HOST = "bsky.app"
MAX_NAMED = 10
"""Posts of one page that are read."""

_ID = r"(?P<id>[A-Za-z0-9_-]{1,64})"
_NAME = r"[\w.+-]{1,100}(?:@[\w.:-]{1,255})?"
_MASTODON = re.compile(
    rf"(?:/web|/deck)?/(?:@{_NAME}(?:/statuses|/posts)?|users/{_NAME}/statuses|statuses|notice|"
    rf"p/{_NAME})/{_ID}/?",
    re.ASCII,
)
_HANDLE = r"(?P<user>did:[a-z]+:[A-Za-z0-9._:%-]{1,250}|[A-Za-z0-9.-]{1,253})"
_BLUESKY = re.compile(rf"/profile/{_HANDLE}/post/{_ID}/?", re.ASCII)
_AT = re.compile(rf"at://{_HANDLE}/app\.bsky\.feed\.post/{_ID}", re.ASCII)
_ATTRIBUTES = {"a": {"class", "href", "rel"}, "base": {"href"}, "link": {"class", "href", "rel"}}
_CLEANER = nh3.Cleaner(
    tags={*_ATTRIBUTES, "comment-thread", "div", "script"},
    clean_content_tags={"math", "noscript", "style", "svg", "template", "textarea"},
    attributes=_ATTRIBUTES,
    generic_attribute_prefixes={"data-syndication"},
    link_rel=None,
)


@dataclass(frozen=True)
class PostAddress:
    """The address of a post: its service, the origin of its server, its id and author there.

    ``user`` is Bluesky's handle or DID. ``url`` is the one spelling that is stored.
    """

    service: str
    url: str
    server: str
    id: str
    user: str = ""

    @property
    def host(self) -> str:
        """The server's host, with its port."""
        return urlsplit(self.server).netloc[:255]

    def is_same_post(self, other: "PostAddress") -> bool:
        """Return True if both name one post: a server has one post with an id.

        A Bluesky author's handle and DID cannot be compared without asking; the id decides then.
        """
        if (self.service, self.server, self.id) != (other.service, other.server, other.id):
            return False
        return self.user.startswith("did:") != other.user.startswith("did:") or (
            self.user == other.user
        )


def post_address(url: str) -> PostAddress | None:
    """Return the post at an address, None if it is no address of one."""
    url = url.strip()
    if at := _AT.fullmatch(url):
        return _bluesky(at)
    try:
        server, path = origin(url), urlsplit(url).path
    except ValueError:
        return None
    if urlsplit(server).hostname in {BLUESKY_HOST, f"www.{BLUESKY_HOST}"}:
        found = _BLUESKY.fullmatch(path)
        return _bluesky(found) if found else None
    found = _MASTODON.fullmatch(path)
    if found is None:
        return None
    return PostAddress(MASTODON, server + path.rstrip("/"), server, found["id"])


def _bluesky(found: re.Match[str]) -> PostAddress:
    user = found["user"] if found["user"].startswith("did:") else found["user"].lower()
    url = f"https://{BLUESKY_HOST}/profile/{user}/post/{found['id']}"
    return PostAddress(BLUESKY, url, f"https://{BLUESKY_HOST}", found["id"], user)


class _Reader(HTMLParser):
    """Collect the addresses that a page names, outside of what visitors wrote."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.base, self._has_base = url, False
        self.named: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag."""
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and not self._has_base:
            self.base = join_url(self.base, given.get("href", "")) or self.base
            self._has_base = True
        rel = set(given.get("rel", "").lower().split())
        names = "syndication" in rel or "u-syndication" in given.get("class", "").split()
        if tag in {"a", "link"} and names and not rel & NOT_OWN:
            self.named.append(join_url(self.base, given.get("href", "")))
        self.named += given.get("data-syndication", "").split()


def named_posts(html: str, url: str) -> Sequence[PostAddress]:
    """Return the posts that a page names as copies of itself, at most ``MAX_NAMED``.

    Raises:
        UnreadablePageError: the page has too many tags or character references.
    """
    require_readable(html)
    reader = _Reader(url)
    reader.feed(_CLEANER.clean(html))
    reader.close()
    found = {one.url: one for named in reader.named if (one := post_address(named)) is not None}
    return list(found.values())[:MAX_NAMED]
