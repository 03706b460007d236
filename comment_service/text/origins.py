"""Origins that an owner registers for a site: ``https://blog.example``, ``https://*.blog.example``.

A ``*`` stands for one or more labels in front of a registrable domain, as in a content security
policy (``frame-ancestors``), and not for the domain itself.
"""

from collections.abc import Iterable

from comment_service.text import addresses, links
from comment_service.text.sentences import staff_sentence

_ANY = "*."


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
        return addresses.origin(typed)
    origin = addresses.origin(f"{scheme}://{host}")
    scheme, _, host = origin.partition("://")
    name = host.partition(":")[0]
    if "*" in host or links.domain(f"any.{name}") == f"any.{name}":
        raise ValueError(
            staff_sentence(
                "*.%(name)s covers websites of different owners; name each host", name=name
            )
        )
    return f"{scheme}://{_ANY}{host}"


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
