"""Names and addresses of people as they may be stored and shown."""

import re
import unicodedata
from urllib.parse import urlsplit

_BLANKS = re.compile(r"\s+")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_KEPT = "\u200c\u200d"  # joiners that Persian, Hindi and emoji need


def clean_name(name: str) -> str:
    """Return a name in NFC without control, bidi and invisible characters, blanks collapsed.

    A name in which nothing visible remains is empty.
    """
    blanks = _BLANKS.sub(" ", unicodedata.normalize("NFC", name))
    shown = "".join(c for c in blanks if c in _KEPT or unicodedata.category(c) not in _UNSEEN)
    shown = shown.strip()
    return shown if shown.strip(_KEPT + " ") else ""


def clean_website(url: str) -> str:
    """Return an http(s) URL with a host; a bare ``blog.example`` gets https; else empty."""
    url = url.strip()
    if url and "://" not in url and not url.startswith(("/", "#")):
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    fit = parts.scheme in {"http", "https"} and "." in host and not re.search(r"[\s<>\"]", url)
    return url if fit and not parts.username else ""
