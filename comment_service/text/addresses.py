"""Normalise page URLs, so that each page has exactly one thread."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs\w+|ref_src|wt_mc|vero_id"
)
_ENDING = re.compile(r"/(index\.(html?|php))?$")
_PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 2000


def origin(url: str) -> str:
    """Return scheme://host[:port] in lower case, without default ports.

    Raises:
        ValueError: the URL is not an http(s) URL with a host.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme.lower() not in _PORTS or not host or parts.username is not None:
        raise ValueError("a page's address starts with http:// or https:// and a host")
    host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    default = parts.port in (None, _PORTS[parts.scheme.lower()])
    return f"{parts.scheme.lower()}://{host}" + ("" if default else f":{parts.port}")


def page_key(url: str) -> str:
    """Return the key that all spellings of a page's URL share.

    The key ignores ``www.``, the scheme, a slash or an index file at the end, and the order of
    parameters.
    """
    parts = urlsplit(url)
    host = parts.netloc.removeprefix("www.")
    path = _ENDING.sub("", parts.path)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{host}{path}" + (f"?{query}" if query else "")


def clean_page_url(url: str) -> str:
    """Return a page's URL without fragment and tracking parameters, with the origin in lower case.

    Raises:
        ValueError: not an http(s) URL, or longer than 2,000 characters.
    """
    base = origin(url)
    parts = urlsplit(url.strip())
    query = [
        (k, v)
        for k, v in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(k.lower())
    ]
    scheme, host = base.split("://", 1)
    address = urlunsplit((scheme, host, parts.path or "/", urlencode(query), ""))
    if len(address) > MAX_LENGTH:
        raise ValueError(f"a page's address has at most {MAX_LENGTH:,} characters")
    return address
