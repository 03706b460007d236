"""Page URLs: the address that links lead to, and the key by which a page has exactly one thread.

The address stays as the browser sent it, because a server may know only that spelling. The key is
its normal form: the URL Standard (url.spec.whatwg.org), and then what servers and people do not
tell apart.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Self
from urllib.parse import quote, unquote_to_bytes

from ada_url import URL

from comment_service.text.hosts import ascii_host
from comment_service.text.sentences import staff_sentence
from comment_service.text.tracking import without_tracking

MAX_LENGTH = 2000
"""Longest address and key, in bytes of UTF-8: an index of PostgreSQL takes no longer value."""
_AROUND = "".join(map(chr, range(33)))  # what browsers remove around a URL
_WITHIN = re.compile(r"[\t\n\r]")  # and inside it
_PARTS = re.compile(
    r"(?P<scheme>https?):[/\\]*(?P<authority>[^/\\?#]*)(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_REMEMBERED_LENGTH = 300
"""Longest authority, in characters, whose normal form is remembered."""
_PORT = re.compile(r":(\d*)$")
_BREAKS_LINK = re.compile(r'[\s"<>\x00-\x1f\x7f]')
_SLASHES = re.compile(r"/{2,}")
_ENDING = re.compile(r"(?:/index\.(?:html?|php))*/?$")
_IN_PATH = re.compile(r"[\x00-\x20/?#\\%\x7f\ud800-\udfff]")
_IN_QUERY = re.compile(r"[\x00-\x20&=+#%\x7f\ud800-\udfff]")
_ROUTES = "/!"  # first characters of a route
NOT_PAGE = staff_sentence("a page's address starts with http:// or https:// and a host")


@dataclass(frozen=True)
class _Parts:
    """A URL as typed, in pieces; ``origin`` is normalised."""

    origin: str
    path: str
    query: str
    fragment: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Split a URL where browsers do.

        Raises:
            ValueError: not an http(s) URL with a host, or one with a user name.
        """
        match = _PARTS.fullmatch(_WITHIN.sub("", url.strip(_AROUND)))
        if match is None:
            raise ValueError(NOT_PAGE)
        origin = _origin(match["scheme"].lower(), match["authority"])
        return cls(origin, match["path"], match["query"] or "", match["fragment"] or "")

    @property
    def route(self) -> str:
        """Return the fragment if a script shows pages by it (``#/post``, ``#!post``), else "".

        A second ``#`` in it leads to a place on that page, and the home route is no page's own.
        """
        path, _mark, query = self.fragment.partition("#")[0].partition("?")
        route = path + _with_mark("?", without_tracking(query))
        return route if route[:1] in _ROUTES and route.strip(_ROUTES) else ""


def _origin(scheme: str, authority: str) -> str:
    """Return the normalised origin; those of short authorities are remembered.

    Raises:
        ValueError: there is no host, it is invalid, or there is a user name.
    """
    if len(authority) > _REMEMBERED_LENGTH:
        return _normal_origin(scheme, authority)
    return _remembered_origin(scheme, authority)


def _normal_origin(scheme: str, authority: str) -> str:
    """Return the normalised origin.

    Raises:
        ValueError: there is no host, it is invalid, or there is a user name.
    """
    port = _PORT.search(authority)
    typed = authority[: port.start()] if port else authority
    if not typed or "@" in typed:
        raise ValueError(NOT_PAGE)
    url = URL(f"{scheme}://{ascii_host(typed)}:{port[1] if port else ''}/")
    return f"{scheme}://{url.host}"


_remembered_origin = lru_cache(maxsize=1000)(_normal_origin)


def origin(url: str) -> str:
    """Return scheme://host[:port] in lower case and ASCII, without default ports.

    Raises:
        ValueError: the URL is not an http(s) URL with a host.
    """
    return _Parts.of(url).origin


def clean_page_url(url: str) -> str:
    """Return a page's address: as typed, but without fragment and tracking parameters.

    The origin is normalised, and characters at which a link in a text would end are encoded. A
    fragment that begins with ``#/`` or ``#!`` stays: it is the page's address in its script.

    Raises:
        ValueError: not an http(s) URL, or longer than 2,000 bytes.
    """
    parts = _Parts.of(url)
    path = parts.path.replace("\\", "/") or "/"
    address = path + _with_mark("?", without_tracking(parts.query))
    address += _with_mark("#", parts.route)
    address = parts.origin + _BREAKS_LINK.sub(lambda match: quote(match[0]), address)
    if len(address.encode()) > MAX_LENGTH:
        raise ValueError(
            staff_sentence(
                "a page's address has at most %(number)s bytes", number=f"{MAX_LENGTH:,}"
            )
        )
    return address


def page_key(url: str) -> str:
    """Return the key that all spellings of a page's address share.

    Raw and percent-encoded letters, composed and decomposed ones, repeated slashes, ``www.``, the
    scheme, a slash or an index file at the end, and the order of parameters make no difference.

    Raises:
        ValueError: not an http(s) URL.
    """
    parts = _Parts.of(url)
    host = parts.origin.partition("://")[2].removeprefix("www.")
    path = URL(f"{parts.origin}{parts.path}?").pathname  # "?" keeps a blank at the path's end
    key = host + _path_key(path) + _query_key(parts.query) + _route_key(parts.route)
    if len(key.encode()) > MAX_LENGTH:
        return f"{host}/#sha256-{sha256(key.encode()).hexdigest()}"
    return key


def comment_url(page_url: str, comment_id: int) -> str:
    """Return the URL of a comment on its page."""
    return f"{page_url}#comment-{comment_id}"


def _path_key(path: str) -> str:
    """Return a path in its normal form."""
    segments = (_IN_PATH.sub(_encoded, _decoded(one)) for one in path.split("/"))
    return _ENDING.sub("", _SLASHES.sub("/", "/".join(segments)))


def _route_key(route: str) -> str:
    """Return a route in its normal form, "" or with its ``#``."""
    path, _mark, query = route.partition("?")
    key = (_path_key(path) or "/") + _query_key(query)
    return f"#{key}" if key.strip(_ROUTES) else ""


def _query_key(query: str) -> str:
    """Return a query in its normal form, "" or with its question mark; ``?a`` equals ``?a=``."""
    pairs = []
    for piece in filter(None, _WITHIN.sub("", query).split("&")):
        name, _equals, value = piece.replace("+", " ").partition("=")
        pairs.append([_IN_QUERY.sub(_encoded, _decoded(one)) for one in (name, value)])
    pieces = (f"{name}={value}" if value else name for name, value in sorted(pairs))
    return _with_mark("?", "&".join(filter(None, pieces)))


def _decoded(text: str) -> str:
    """Decode percent-encoding, and compose (NFC); a byte that is not UTF-8 becomes a surrogate."""
    found = unquote_to_bytes(text).decode("utf-8", "surrogateescape")
    return unicodedata.normalize("NFC", found)


def _encoded(match: re.Match[str]) -> str:
    return quote(match[0].encode("utf-8", "surrogateescape"), safe="")


def _with_mark(mark: str, text: str) -> str:
    return f"{mark}{text}" if text else ""
