"""Random tokens and the hashes that are stored instead of them."""

import hashlib
import secrets


def new_token() -> str:
    """Return a random token of 256 bits for a session or a link."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return the hash that is stored for a token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
