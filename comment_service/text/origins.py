"""Origins that an owner registers for a site: ``https://blog.example``, ``https://*.blog.example``.

A ``*`` stands for one or more labels in front of a registrable domain, as in a content security
policy (``frame-ancestors``), and not for the domain itself.
"""

import re
from collections.abc import Iterable

from comment_service.text import addresses, links
from comment_service.text.sentences import staff_sentence

_ANY = "*."
_ORIGIN = re.compile(r"https?://[\w.:*\[\]-]+", re.ASCII)


def registered_origin(typed: str) -> str:
    """Return the normalised form of an origin to register.

    Raises:
        ValueError: it is no origin, or a ``*`` would cover websites of different owners.
    """
    scheme, mark, host = typed.strip().partition("://*.")
    if not mark:
        if "*" in typed:
            raise ValueError(
                staff_sentence("a * stands only at the beginning, as in https://*.blog.example")
            )
        return _plain(typed)
    origin = _plain(f"{scheme}://{host}")
    scheme, _, host = origin.partition("://")
    name = host.partition(":")[0]
    if "*" in host or links.domain(f"any.{name}") == f"any.{name}":
        raise ValueError(
            staff_sentence(
                "*.%(name)s covers websites of different owners; name each host", name=name
            )
        )
    return f"{scheme}://{_ANY}{host}"


def _plain(typed: str) -> str:
    """Return an origin whose host has no character that a host cannot have, such as a comma."""
    origin = addresses.origin(typed)
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(addresses.NOT_PAGE)
    return origin


def is_registered(origin: str, registered: Iterable[str]) -> bool:
    """Return True if an origin is among a site's, or covered by a ``*`` of one."""
    return any(origin == one or (_ANY in one and _covers(one, origin)) for one in registered)


def is_pattern(origin: str) -> bool:
    """Return True if a registered origin stands for several hosts."""
    return _ANY in origin


def _covers(pattern: str, origin: str) -> bool:
    scheme, _, host = pattern.partition("//*.")
    asked, _, name = origin.partition("//")
    return scheme == asked and name.endswith(f".{host}")
