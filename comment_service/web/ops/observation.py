"""Observe every request: an id, counts and times for Prometheus, and a line in the log.

What the front (``web/front.py``) sends from memory does not come here and is only counted.
Nothing that identifies a person is recorded: the route instead of the address of a page, no query,
no client. With several worker processes (``PROMETHEUS_MULTIPROC_DIR``) any of them reports the sum.
"""

import logging
import os
import re
import secrets
from collections import deque
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from comment_service.runtime import REQUEST_ID
from comment_service.web.http.shared_cache import REPLY, ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

METRICS = "comments_observed"
"""Key of an app's extensions under which its ``Metrics`` are."""
OTHER = "other"
"""Route label of requests that no route of the service answered."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the histogram's buckets."""

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_log = logging.getLogger("comment_service.requests")
_ADDED_TOGETHER = 64
"""Answers from memory that are added to their counter at once."""


class Metrics:
    """What one process counts."""

    def __init__(self) -> None:
        # The library decides at import whether processes share their counts.
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self._registry = CollectorRegistry()
        self.requests = Counter(
            "comments_http_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "comments_http_request_seconds",
            "Time until an answer was ready.",
            ["route"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self.kept = Counter(
            "comments_kept_answers",
            "Public answers sent from memory.",
            ["route"],
            registry=self._registry,
        )
        self.shared = Counter(
            "comments_shared_answers",
            "Public answers of other processes that were found in Redis and were still current.",
            ["route"],
            registry=self._registry,
        )
        self.verdicts = Counter(
            "comments_verdicts", "Verdicts of screening.", ["status"], registry=self._registry
        )
        self.reasons = Counter(
            "comments_verdict_reasons", "Findings in verdicts.", ["reason"], registry=self._registry
        )

        self.reads = Counter(
            "comments_public_reads",
            "Public answers rendered, by the server they were read from; with a replica only.",
            ["server"],
            registry=self._registry,
        )

        self._from_memory: deque[str] = deque()

    def count_kept(self, route: str) -> None:
        """Count an answer that was sent from memory; several are added to the counter together."""
        self._from_memory.append(route)
        if len(self._from_memory) >= _ADDED_TOGETHER:
            self._add_kept()

    def _add_kept(self) -> None:
        routes: list[str] = []
        while self._from_memory:
            try:
                routes.append(self._from_memory.popleft())
            except IndexError:  # another thread adds them too
                break
        for route in set(routes):
            self.kept.labels(route).inc(routes.count(route))

    def count_shared(self, route: str) -> None:
        """Count an answer that another process had rendered."""
        self.shared.labels(route).inc()

    def count_verdict(self, status: str, reasons: Sequence[str]) -> None:
        """Count one verdict of screening and its findings."""
        self.verdicts.labels(status).inc()
        for reason in reasons:
            self.reasons.labels(reason).inc()

    def count_read(self, server: str) -> None:
        """Count a public answer that was read from the primary or the replica."""
        self.reads.labels(server).inc()

    def as_text(self) -> str:
        """Return all counts in the text format of Prometheus."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        self._add_kept()
        registry = self._registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry).decode()


class Observation:
    """WSGI middleware around the whole service."""

    def __init__(
        self,
        app: "WSGIApplication",
        metrics: Metrics,
        *,
        log_requests: bool,
    ) -> None:
        """Wrap ``app``."""
        self._app = app
        self._metrics = metrics
        self._log_requests = log_requests

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request with its id in ``X-Request-ID``.

        What the front asks for is kept for other requests, so it has no id.
        """
        begun = perf_counter()
        request_id = self._request_id(environ)
        token = REQUEST_ID.set(request_id)
        told: list[str] = []

        def start(status, headers, exc_info=None):  # type: ignore[no-untyped-def]
            told.append(status)
            own = [] if REPLY in environ else [("X-Request-ID", request_id)]
            return start_response(status, [*headers, *own], exc_info)

        try:
            return self._app(environ, start)
        finally:
            self._record(environ, told[-1] if told else "500", perf_counter() - begun)
            REQUEST_ID.reset(token)

    def _request_id(self, environ: "WSGIEnvironment") -> str:
        given: str = environ.get("HTTP_X_REQUEST_ID", "")
        return given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)

    def _record(self, environ: "WSGIEnvironment", status: str, seconds: float) -> None:
        route, method = environ.get(ROUTE, OTHER), environ["REQUEST_METHOD"]
        method = method if method in {"GET", "HEAD", "POST", "OPTIONS"} else OTHER
        self._metrics.requests.labels(route, method, status[:3]).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        if self._log_requests:
            _log.info(
                "%s %s %s",
                method,
                route,
                status[:3],
                extra={
                    "method": method,
                    "route": route,
                    "status": int(status[:3]),
                    "ms": round(seconds * 1000, 1),
                },
            )
