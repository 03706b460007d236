"""Random tokens and the hashes that are stored instead of them."""

import hashlib
import secrets


def new_token() -> str:
    """Return 256 random bits for a session or a link."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is kept of a token: it has 256 random bits, so a plain hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()
