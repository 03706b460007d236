"""``CommentService``: mount the service in a Flask host.

The service is a separate app behind ``DispatcherMiddleware``, so the host's extensions and ours do
not interfere. The host gets a Jinja global and passes its user through a callback.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from flask import Flask, current_app, has_request_context, request
from markupsafe import Markup
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from comment_service import cli
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.config import PREFIX, environment, read_settings
from comment_service.identity import HostUser
from comment_service.web.api import in_code
from comment_service.web.comments import inline
from comment_service.web.http.viewer import HOST_USER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UserCallback = Callable[[], HostUser | None]
_RETRY_SECONDS = 5
_ENDPOINTS = {
    "account": "account.show",
    "embed": "thread.embed",
    "feed": "feeds.atom",
    "moderation": "moderation.queue",
    "thread": "thread.thread_page",
    "webmention": "webmention.receive_webmention",
}
"""Short names in ``url_for("comments.NAME")``; every other endpoint has its full name."""
_WRAPPED = ("app", "wsgi_app", "_app", "application")
"""Attributes in which WSGI middleware keeps what it wraps."""
_log = logging.getLogger(__name__)


class CommentService:
    """Comments for a Flask app: ``CommentService(app)``, then ``{{ comments() }}`` in a page.

    ``current_user`` returns the host's signed-in user as a ``HostUser``, or None; it is called in a
    request context of the host. All other settings are in the host's ``COMMENTS_*`` config.
    """

    def __init__(self, app: Flask | None = None, current_user: UserCallback | None = None) -> None:
        self._current_user = current_user
        if app is not None:
            self.init_app(app)

    def init_app(self, host: Flask, **options: Any) -> Flask:
        """Mount the service under ``COMMENTS_PREFIX`` of a host; return the service's own app.

        ``options`` are passed to ``create_app``.

        Raises:
            ValueError: a key or value of the configuration is wrong.
            RuntimeError: the service is already mounted in the host.
        """
        if "comments" in host.extensions:
            raise RuntimeError("This app has a CommentService already; make one for each app.")
        config: dict[str, Any] = {
            "COMMENTS_FOLDER": host.instance_path,
            **environment(),
            **{k: v for k, v in host.config.items() if k.startswith(PREFIX)},
        }
        if host.testing and not config.get("COMMENTS_DATABASE_URL"):
            config.setdefault("COMMENTS_TESTING", True)
        prefix = read_settings(config).prefix
        config["COMMENTS_PUBLIC_URL"] = _public_url(config.get("COMMENTS_PUBLIC_URL", ""), prefix)
        service = create_app(config, host=host, **options)
        service.config["TRUSTED_HOSTS"] = host.config.get("TRUSTED_HOSTS")
        host.extensions["comments"] = service
        service.extensions["comments"].embedded = True
        callback = self._host_user if self._current_user is not None else None
        mounted = _HostUserMiddleware(service.wsgi_app, host, callback)
        _mount(host, prefix, mounted)
        host.jinja_env.globals["comments"] = self._global(service, prefix)
        host.jinja_env.globals["comment_thread"] = host.jinja_env.globals["comments"]
        host.url_build_error_handlers.append(_url_builder(service, prefix))
        host.cli.add_command(self._commands(service))
        return service

    def score(self, text: str, **about: str) -> in_code.ScoredText:
        """Ask the filter about a text, in an app context of the host; see ``in_code.score``."""
        with self._prepared():
            return in_code.score(text, **about)

    def submit(self, text: str, **about: Any) -> in_code.SubmittedComment:
        """Submit a comment for a person, in an app context of the host; see ``in_code.submit``."""
        with self._prepared():
            return in_code.submit(text, **about)

    def thread(self, page: str, **about: Any) -> Sequence[in_code.ThreadComment]:
        """Return a page's comments, in an app context of the host; see ``in_code.thread``."""
        with self._prepared():
            return in_code.thread(page, **about)

    @contextmanager
    def _prepared(self) -> Iterator[None]:
        """Enter the context of the service that is mounted in the current app."""
        service: Flask = current_app.extensions["comments"]
        prepare(service)
        with service.app_context():
            yield

    def _commands(self, service: Flask) -> click.Group:
        """Return the ``flask comments`` group, bound to the app mounted in this host."""
        base = f"http://127.0.0.1:5000{service.extensions['comments'].settings.prefix}"
        assembly = Assembly(lambda config=None: service, CommentService, prepare, start, base)
        return cli.group("comments", assembly, hosted=True)

    def _global(self, service: Flask, prefix: str) -> Callable[..., Markup]:
        """Return the function behind ``{{ comments(page=…, title=…) }}``."""
        breaker = _Breaker()

        def comments(page: str | None = None, title: str = "", **options: str) -> Markup:
            """Render a page's thread here; ``page`` is its address, by default this one."""
            base_url = request.host_url.rstrip("/") + request.script_root + prefix
            url = _absolute(page)
            user = self._host_user()
            if not breaker.is_open():
                try:
                    prepare(service)
                    return inline.inline(
                        service,
                        base_url=base_url,
                        page=url,
                        title=title,
                        options=options,
                        environ={HOST_USER: lambda: user},
                    )
                except Exception as error:  # the host's page must render without the service
                    breaker.open(error)
            return inline.loader(service, base_url=base_url, page=url, title=title)

        return comments

    def _host_user(self) -> HostUser | None:
        """Return the host's signed-in user; a failing callback means a guest, and a log line."""
        if self._current_user is None:
            return None
        try:
            user: object = self._current_user()
        except Exception as error:  # a mistake in the host's callback must not break its page
            _log.error("current_user of CommentService failed: %s: %s", type(error).__name__, error)
            return None
        if user is not None and not isinstance(user, HostUser):
            _log.error(
                "current_user of CommentService returned %s; it must return a HostUser or None",
                type(user).__name__,
            )
            return None
        return user


def _absolute(page: str | None) -> str:
    """Return a page's absolute URL; a path belongs to this host."""
    if page is None:
        return request.base_url
    return request.host_url.rstrip("/") + page if page.startswith("/") else page


def _url_builder(service: Flask, prefix: str) -> Callable[[Exception, str, dict[str, Any]], str]:
    """Return a handler that builds the service's URLs for the host's ``url_for("comments.…")``."""

    def build(error: Exception, endpoint: str, values: dict[str, Any]) -> str:
        name, dot, rest = endpoint.partition(".")
        if name != "comments" or not dot:
            raise error
        external = bool(values.pop("_external", False))
        values = {key: value for key, value in values.items() if not key.startswith("_")}
        root = (request.script_root if has_request_context() else "") + prefix
        server = request.host if has_request_context() else "localhost"
        scheme = request.scheme if has_request_context() else "http"
        adapter = service.url_map.bind(server, script_name=root, url_scheme=scheme)
        target = _ENDPOINTS.get(rest, rest)
        return adapter.build(target, values, force_external=external)

    return build


def _public_url(url: str, prefix: str) -> str:
    """Return the public URL of a mounted service; a URL of the host alone gets the prefix.

    Raises:
        ValueError: its path does not end with the prefix.
    """
    path = urlsplit(url).path.rstrip("/")
    if not url or path.endswith(prefix):
        return url
    if path:
        raise ValueError(
            f"COMMENTS_PUBLIC_URL is {url}, but the service is mounted under {prefix}. End it with "
            f"{prefix}, or set COMMENTS_PREFIX."
        )
    return url.rstrip("/") + prefix


def _mount(host: Flask, prefix: str, service: "WSGIApplication") -> None:
    """Mount the service, inside the host's ProxyFix if it has one, so that both see the client."""
    inner = _proxy_fix(host.wsgi_app)
    if inner is None:
        host.wsgi_app = DispatcherMiddleware(host.wsgi_app, {prefix: service})  # type: ignore[method-assign]
    else:
        inner.app = DispatcherMiddleware(inner.app, {prefix: service})


def _proxy_fix(app: object) -> ProxyFix | None:
    """Return the innermost ProxyFix in a chain of WSGI middleware."""
    found: ProxyFix | None = None
    seen: set[int] = set()
    while app is not None and id(app) not in seen:
        seen.add(id(app))
        found = app if isinstance(app, ProxyFix) else found
        app = next(
            (vars(app)[name] for name in _WRAPPED if name in getattr(app, "__dict__", {})), None
        )
    return found


class _Breaker:
    """After a failure, skips the service for a few seconds, so that host pages do not wait."""

    def __init__(self) -> None:
        self._until = 0.0

    def is_open(self) -> bool:
        """Return True if the last failure is less than ``_RETRY_SECONDS`` ago."""
        return monotonic() < self._until

    def open(self, error: Exception) -> None:
        """Skip the service for a while and log why, in one line."""
        self._until = monotonic() + _RETRY_SECONDS
        reason = (str(error).strip().splitlines() or [""])[0]
        _log.error(
            "threads load by script for %d seconds, because they cannot be rendered here: %s: %s",
            _RETRY_SECONDS,
            type(error).__name__,
            reason,
        )


class _HostUserMiddleware:
    """WSGI middleware: put a callable that returns the host's user into the environ."""

    def __init__(
        self, app: "WSGIApplication", host: Flask, current_user: UserCallback | None
    ) -> None:
        self._app = app
        self._host = host
        self._current_user = current_user

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Pass a request on to the service."""
        if self._current_user is not None:
            environ[HOST_USER] = lambda: self._current_host_user(environ)
        return self._app(environ, start_response)

    def _current_host_user(self, environ: Mapping[str, Any]) -> HostUser | None:
        """Call the host's callback in a request context of the host, which its session needs."""
        if self._current_user is None:
            return None
        with self._host.request_context(dict(environ)):
            return self._current_user()
