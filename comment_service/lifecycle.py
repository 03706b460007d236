"""What a process does at its first request, and never at import: migrate and run the worker.

Nothing runs while the app is created: no connection, no thread, no held lock. So servers may load
the app and fork (uWSGI, ``gunicorn --preload``), and commands such as ``flask routes`` start
nothing.
"""

import atexit
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, request

from comment_service import forking
from comment_service.notify import worker
from comment_service.runtime import Runtime
from comment_service.storage.db.session import forget_connections

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)
WITHOUT_DATABASE = {"static", "thread.embed", "health.live"}
"""Endpoints that answer without the database."""


class Lifecycle:
    """Prepares one app's database and starts its background threads, once per process."""

    def __init__(
        self,
        app: Flask,
        prepare: Callable[[], None],
        open_classifier: Callable[[], None],
        clear_front: Callable[[], None],
    ) -> None:
        """Wrap ``app`` so that its first request calls ``prepare``.

        In a forked child, ``open_classifier`` replaces the app's classifier and ``clear_front``
        the answers kept ready, which have locks.
        """
        self._clear_front = clear_front
        self._app = app
        self._prepare = prepare
        self._open_classifier = open_classifier
        self._lock = threading.Lock()
        self._prepared = self._started = self._warmed = False
        self._worker: worker.Worker | None = None
        self._stopping = False
        app.extensions["comments"].worker_state = self._worker_state
        forking.renew_in_child(self)
        self._wsgi_app: WSGIApplication = app.wsgi_app
        app.wsgi_app = self  # type: ignore[method-assign]
        app.before_request(self._before_request)

    def renew_in_child(self) -> None:
        """Give the child of a fork connections, caches and locks of its own."""
        self._lock = threading.Lock()
        self._prepared = self._started = self._warmed = False
        self._worker = None
        state: Runtime = self._app.extensions["comments"]
        state.model_cache = state.campaigns = state.rendered_comments = state.known_sites = None
        self._clear_front()
        self._open_classifier()
        forget_connections(self._app)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Start the background threads, then handle a request.

        The model is loaded when a reader begins to write: a process that only serves readers saves
        the memory.
        """
        self.ensure_started()
        if not self._warmed and _announces_comment(environ):
            self._start_warm_up()
        return self._wsgi_app(environ, start_response)

    def ensure_prepared(self) -> None:
        """Migrate the database and create the configured site, unless this process has done it.

        Raises:
            StorageError: the database cannot be opened; the next call tries again.
        """
        if self._prepared:
            return
        with self._lock:
            if not self._prepared:
                self._prepare()
                self._prepared = True

    def ensure_started(self) -> None:
        """Start the worker, unless it runs in this process.

        A worker that ended with an error is started again.
        """
        runs = self._started and (self._worker is None or self._worker.is_alive())
        if runs or self._stopping or self._app.testing:
            return
        state: Runtime = self._app.extensions["comments"]
        with self._lock:
            self._started = True
            if state.settings.worker and (self._worker is None or not self._worker.is_alive()):
                self._worker = worker.Worker(self._app, self.ensure_prepared)
                atexit.register(self.stop, state.settings.grace)

    def stop(self, seconds: float) -> bool:
        """End the worker after its current delivery; return True if it ended within the time."""
        with self._lock:
            found, self._stopping = self._worker, True
        return found.stop(seconds) if found is not None else True

    def _worker_state(self) -> str:
        state: Runtime = self._app.extensions["comments"]
        if self._worker is not None:
            return "here" if self._worker.is_alive() else "none"
        return worker.state_elsewhere(state)

    def _start_warm_up(self) -> None:
        """Load the model in a thread, unless this process has done it."""
        with self._lock:
            if self._warmed or self._app.testing:
                return
            self._warmed = True
        threading.Thread(target=self._warm_up, name="comments-warm", daemon=True).start()

    def _warm_up(self) -> None:
        """Load the shipped model, so that the first comment need not wait for it."""
        state: Runtime = self._app.extensions["comments"]
        if state.classifier is not None:
            try:
                state.classifier.warm()
            except Exception as error:  # the first score reports it and holds the comment
                _log.error("the spam model cannot be loaded: %s", error)

    def _before_request(self) -> None:
        if request.endpoint not in WITHOUT_DATABASE:
            self.ensure_prepared()


def _announces_comment(environ: "WSGIEnvironment") -> bool:
    """Return True if a reader writes or is about to: then the widget asks for a form token."""
    path: str = environ.get("PATH_INFO", "")
    method: str = environ["REQUEST_METHOD"]
    return method == "POST" or path.endswith(("/form-token", "/thread.html"))


def of(app: Flask) -> Lifecycle:
    """Return an app's lifecycle."""
    found: Lifecycle = app.extensions["comments_lifecycle"]
    return found
