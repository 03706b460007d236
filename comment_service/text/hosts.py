"""Host names as browsers send them: lower case and ASCII, by the rules of the WHATWG URL Standard.

Python's ``idna`` codec follows IDNA 2003, which makes another domain of ``straße.example``.
"""

import re

from ada_url import URL

from comment_service.text.sentences import staff_sentence

MAX_LENGTH = 253
"""Longest host name in ASCII (RFC 1035, section 2.3.4, without the root's dot)."""
_MAX_TYPED = 500
"""Longest host that is converted: conversion takes time for each character, and one ligature can
stand for 18 letters."""
_MAX_LABEL = 63
_TOO_LONG = staff_sentence("a host has at most %(number)s characters", number=MAX_LENGTH)
_NOT_HOST = re.compile(r"[/\\?#@\s]|\[.*\].+|[^\[]*:[^\]]*$")


def ascii_host(host: str) -> str:
    """Return a host in lower case and ASCII, without a dot at the end; IPv6 stays in brackets.

    Raises:
        ValueError: it is empty, not a host, or too long.
    """
    if len(host) > _MAX_TYPED:
        raise ValueError(_TOO_LONG)
    if not host or _NOT_HOST.search(host):
        raise ValueError(staff_sentence("this is not a host"))
    found = str(URL(f"https://{host}/").hostname).rstrip(".")
    if not found or any(not 0 < len(label) <= _MAX_LABEL for label in found.split(".")):
        raise ValueError(staff_sentence("every label of a host has 1 to 63 characters"))
    if len(found) > MAX_LENGTH:
        raise ValueError(_TOO_LONG)
    return found
