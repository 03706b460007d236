"""Clean names, e-mail addresses and website URLs for storage and display."""

import re
import unicodedata
from urllib.parse import urlsplit

from comment_service.text.hosts import ascii_host
from comment_service.text.visible import BLANKS, has_visible

MAX_NAME = 80
"""Most characters of a person's name."""

_BLANKS = re.compile(r"\s+")
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE
)
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_KEPT = "\u200c\u200d"  # joiners that Persian, Hindi and emoji need


def clean_name(name: str) -> str:
    """Return a name in NFC without control, bidi and invisible characters, blanks collapsed.

    Returns "" if the name has no visible character.
    """
    composed = unicodedata.normalize("NFC", name)
    blanks = _BLANKS.sub(" ", "".join(" " if c in BLANKS else c for c in composed))
    shown = "".join(c for c in blanks if c in _KEPT or unicodedata.category(c) not in _UNSEEN)
    shown = shown.strip()
    return shown if has_visible(shown) else ""


def clean_mailbox(email: str) -> str:
    """Return a valid e-mail address with its domain in ASCII, or "".

    Only a single plain address is valid: no quotes, no comments, no list.
    """
    local, _, domain = email.strip().rpartition("@")
    try:
        domain = ascii_host(domain)
    except ValueError:
        return ""
    fit = _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)
    return f"{local}@{domain}" if fit and len(local) <= 64 and len(domain) <= 253 else ""


def clean_website(url: str) -> str:
    """Return an http(s) URL with a host, or ""; a bare ``blog.example`` gets https."""
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
