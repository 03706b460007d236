"""Rate limits (Flask-Limiter) for endpoints that store no rows to count."""

from flask_limiter import Limiter

from comment_service.web.http.viewer import client_network

limiter = Limiter(client_network, storage_uri="memory://", headers_enabled=False)

SIGN_IN = "20 per minute"
PREVIEWS = "60 per minute"
CLAIMS = "400 per 10 minutes"
"""The widget polls every two seconds while its sign-in window is open."""


def likes_per_hour() -> str:
    """Return the configured limit of likes, as Flask-Limiter reads it."""
    from comment_service.web.http.context import runtime

    return f"{runtime().settings.likes_hour} per hour"
