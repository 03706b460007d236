"""Extract URLs from text and HTML, and registrable domains from URLs."""

import re
from functools import cache
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from comment_service.text.hosts import ascii_host

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_URL = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"')\]]+"
    r"|(?<![@\w.])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:com|net|org|info|biz|ru|cn|top|xyz"
    r"|online|site|shop|club|io|co|me|tv|cc|tk|ml|ga|de|uk|eu|fr|in|us|br|pl|ua|su|pw|ly|gl)"
    r"(?:/[^\s<>\"')\]]*)?(?![\w@.-])",
    re.IGNORECASE,
)


_JOINTS = re.compile(r"(?<=\S)([.:@/\\])(?=\S)")
_ZERO_WIDTH_SPACE = "\u200b"
_HREF = re.compile(r'href="([^"]*)"')


def urls(text: str) -> list[str]:
    """Return the URLs in a text in order, as written."""
    return [match[0].rstrip(".,;:!?*_~`") for match in _URL.finditer(text)]


def defuse_links(text: str) -> str:
    """Return a text that looks the same but in which no program recognises a URL or an address.

    Inserts a zero-width space after every character that joins the parts of an address.
    """
    return _JOINTS.sub(rf"\1{_ZERO_WIDTH_SPACE}", text)


def targets(html: str) -> list[str]:
    """Return the link targets in safe HTML, in order: the URLs that a reader can follow."""
    return [unescape(found) for found in _HREF.findall(html) if not found.startswith("mailto:")]


@cache
def _suffixes() -> "PublicSuffixList":
    """Load the Public Suffix List that ships with the library (80 ms, once)."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def domain(url: str) -> str:
    """Return the registrable domain of a URL or host ("blog.example.co.uk" → "example.co.uk").

    An IP address, or a host without a registrable part, is returned unchanged; "" if there is no
    host.
    """
    found = host(url)
    if not found or found.replace(".", "").isdigit() or ":" in found:
        return found
    return _suffixes().privatesuffix(found) or found


def host(url: str) -> str:
    """Return the host of a URL in lower case and ASCII; "" if there is none."""
    if "://" not in url:
        url = f"http://{url}"
    try:
        found = (urlsplit(url).hostname or "").rstrip(".").lower()
        return found if found.isascii() else ascii_host(found)
    except ValueError:
        return ""
