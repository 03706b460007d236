"""Rate limits (Flask-Limiter) for endpoints that store no rows to count."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask
from flask_limiter import Limiter
from limits.errors import ConfigurationError

from comment_service.errors import SetupError
from comment_service.web.http.viewer import client_area, client_network

View = TypeVar("View", bound=Callable[..., Any])


class _ViewLimits(Limiter):
    """Limits of single views, which their decorators check."""

    def _check_request_limit(
        self, callable_name: str | None = None, in_middleware: bool = True
    ) -> None:
        """Check the limits of a view. No limit applies to every request."""
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


limiter = _ViewLimits(client_network, headers_enabled=False, key_prefix="comments")

SIGN_IN = "20 per minute"
PREVIEWS = "60 per minute"
AREA_FACTOR = 6
"""How many times one network's limits all networks of an IPv6 /48 may use together."""
_COUNTERS = "limits.storage.memory"
CLAIMS = "400 per 10 minutes"
"""The widget polls every two seconds while its sign-in window is open."""


def init_app(app: Flask, storage_url: str) -> None:
    """Count requests at a URL: ``memory://`` or ``redis://…``.

    While a Redis server does not answer, every process counts for itself.

    Raises:
        SetupError: the URL or the library for it cannot be used; nothing is connected yet.
    """
    app.config["RATELIMIT_STORAGE_URI"] = storage_url
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True
    try:
        limiter.init_app(app)
    except (ConfigurationError, ValueError) as error:
        raise SetupError(
            f"COMMENTS_LIMITS_URL cannot be used ({error}). Set redis://HOST:6379/0 and install "
            "comment-service[redis], or leave it out to count in each process."
        ) from error
    _end_timers()


def _end_timers() -> None:
    """End the threads that the counters in memory start to look for old ones.

    They start them again when they count. uWSGI forks after the app is loaded: the child of a fork
    during which one of them has the interpreter waits for it for ever.
    """
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer) and thread.function.__module__ == _COUNTERS:
            thread.cancel()
            thread.join()


def likes_per_hour() -> str:
    """Return the configured limit of likes, as Flask-Limiter reads it."""
    from comment_service.web.http.context import runtime

    return f"{runtime().settings.likes_hour} per hour"


def limited(limit: str | Callable[[], str]) -> Callable[[View], View]:
    """Limit a view per network, and more loosely per IPv6 /48, which one customer can own."""

    def of_area() -> str:
        number, _, period = (limit if isinstance(limit, str) else limit()).partition(" ")
        return f"{int(number) * AREA_FACTOR} {period}"

    def decorate(view: View) -> View:
        apart = limiter.limit(limit)(view)
        return cast(View, limiter.limit(of_area, key_func=client_area)(apart))

    return decorate
