"""Where Gravatar keeps the picture of an address, by its documentation for developers."""

import hashlib

SITE = "https://gravatar.com/avatar/"


def url_of(address: str) -> str:
    """Return the address of the picture; without one there, it answers that there is none."""
    digest = hashlib.sha256(address.strip().lower().encode()).hexdigest()
    return f"{SITE}{digest}?s=192&d=404"
