"""Networks of trusted proxies, as written in ``COMMENTS_TRUSTED_PROXIES``."""

import ipaddress
from collections.abc import Sequence

UNIX = "unix:"
"""A peer on a Unix socket, which has no address."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network | str


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return networks from addresses, networks in CIDR notation, or ``unix:``.

    Raises:
        ValueError: one of them is none of these.
    """
    return tuple(_network(text) for text in texts)


def _network(text: str) -> Network:
    if text == UNIX:
        return UNIX
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"COMMENTS_TRUSTED_PROXIES takes addresses (127.0.0.1), networks (10.0.0.0/8) and "
            f"{UNIX} for a Unix socket; {text!r} is none of them."
        ) from None
