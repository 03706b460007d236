"""Gravatar picture URLs, as in its developer documentation."""

import hashlib

SITE = "https://gravatar.com/avatar/"


def picture_url(address: str) -> str:
    """Return the URL of an e-mail address's picture; Gravatar returns 404 if there is none."""
    digest = hashlib.sha256(address.strip().lower().encode()).hexdigest()
    return f"{SITE}{digest}?s=192&d=404"
