"""``CommentService``: the service inside a Flask host, mounted beside it and never mixed with it.

The host's extensions and ours never meet: the service is an app of its own behind
``DispatcherMiddleware``. The host gets a Jinja global and a callback that hands over its user.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, request
from markupsafe import Markup
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from comment_service import cli
from comment_service.app import create_app, start
from comment_service.cli.assembly import Assembly
from comment_service.config import PREFIX, environment, read_settings
from comment_service.identity import HostUser
from comment_service.web.comments import inline
from comment_service.web.http.viewer import HOST_USER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UserCallback = Callable[[], HostUser | None]


class CommentService:
    """Comments for a Flask app: ``CommentService(app)``, then ``{{ comments() }}`` in a page.

    ``current_user`` returns the host's signed-in user as a ``HostUser``, or None; it is called in
    a request context of the host. Everything else is in the host's ``COMMENTS_*`` config.
    """

    def __init__(self, app: Flask | None = None, current_user: UserCallback | None = None) -> None:
        self._current_user = current_user
        if app is not None:
            self.init_app(app)

    def init_app(self, host: Flask, **options: Any) -> Flask:
        """Mount the service under ``COMMENTS_PREFIX`` of a host; return the service's own app.

        ``options`` go to ``create_app``.

        Raises:
            ValueError: a key or value of the configuration is wrong.
            RuntimeError: the host has the service already.
        """
        if "comments" in host.extensions:
            raise RuntimeError("This app has a CommentService already; make one for each app.")
        config: dict[str, Any] = {
            "COMMENTS_FOLDER": host.instance_path,
            **environment(),
            **{k: v for k, v in host.config.items() if k.startswith(PREFIX)},
        }
        service = create_app(config, **options)
        prefix = read_settings(config).prefix
        host.extensions["comments"] = service
        service.extensions["comments"].embedded = True
        mounted = _WithHostUser(service.wsgi_app, host, self._current_user)
        host.wsgi_app = DispatcherMiddleware(host.wsgi_app, {prefix: mounted})  # type: ignore[method-assign]
        host.jinja_env.globals["comments"] = self._global(service, prefix)
        host.cli.add_command(self._commands(service))
        start(service)
        return service

    def _commands(self, service: Flask) -> click.Group:
        """Return ``flask comments``: the commands, on the app that runs in this host."""
        base = f"http://127.0.0.1:5000{service.extensions['comments'].settings.prefix}"
        assembly = Assembly(lambda config=None: service, CommentService, start, base)
        return cli.group("comments", assembly, hosted=True)

    def _global(self, service: Flask, prefix: str) -> Callable[..., Markup]:
        """Return what ``{{ comments(page=…, title=…) }}`` calls."""

        def comments(page: str | None = None, title: str = "", **options: str) -> Markup:
            """Render a page's thread here; ``page`` is its address, by default this one."""
            user = self._current_user() if self._current_user else None
            return inline.inline(
                service,
                base_url=request.host_url.rstrip("/") + request.script_root + prefix,
                page=_absolute(page),
                title=title,
                options=options,
                environ={HOST_USER: lambda: user},
            )

        return comments


def _absolute(page: str | None) -> str:
    """Return a page's address in full; a path is one of this host."""
    if page is None:
        return request.base_url
    return request.host_url.rstrip("/") + page if page.startswith("/") else page


class _WithHostUser:
    """WSGI middleware: leaves a callable that asks the host who is signed in."""

    def __init__(
        self, app: "WSGIApplication", host: Flask, current_user: UserCallback | None
    ) -> None:
        self._app = app
        self._host = host
        self._current_user = current_user

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request of the service."""
        if self._current_user is not None:
            environ[HOST_USER] = lambda: self._ask(environ)
        return self._app(environ, start_response)

    def _ask(self, environ: Mapping[str, Any]) -> HostUser | None:
        """Ask the host in a request context of its own, as its session needs one."""
        if self._current_user is None:
            return None
        with self._host.request_context(dict(environ)):
            return self._current_user()
