"""A page's address brought to one form, so that one page has one thread."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs\w+|ref_src|wt_mc|vero_id"
)
_ENDING = re.compile(r"/(index\.(html?|php))?$")
_PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 2000


def origin(url: str) -> str:
    """Return scheme://host[:port] in lower case, default ports left out.

    Raises:
        ValueError: the URL is no http(s) address with a host.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme.lower() not in _PORTS or not host or parts.username is not None:
        raise ValueError("a page's address starts with http:// or https:// and a host")
    host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    default = parts.port in (None, _PORTS[parts.scheme.lower()])
    return f"{parts.scheme.lower()}://{host}" + ("" if default else f":{parts.port}")


def page_key(url: str) -> str:
    """Return what every spelling of a page's address has in common.

    With or without ``www.``, TLS, a slash or an index file at the end, and with its parameters in
    any order, it is one page.
    """
    parts = urlsplit(url)
    host = parts.netloc.removeprefix("www.")
    path = _ENDING.sub("", parts.path)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{host}{path}" + (f"?{query}" if query else "")


def page_address(url: str) -> str:
    """Return a page's address without fragment and tracking parameters, origin in lower case.

    Raises:
        ValueError: no http(s) address, or one longer than 2,000 characters.
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
