"""Limits of requests for the doors that keep no rows to count (Flask-Limiter)."""

from flask_limiter import Limiter

from comment_service.web.http.viewer import network

limiter = Limiter(network, storage_uri="memory://", headers_enabled=False)

SIGN_IN = "20 per minute"
PREVIEWS = "60 per minute"
CLAIMS = "400 per 10 minutes"
"""A widget asks every two seconds for as long as its window is open."""


def likes_per_hour() -> str:
    """Return the limit of likes from the settings."""
    from comment_service.web.http.context import runtime

    return f"{runtime().settings.likes_hour} per hour"
