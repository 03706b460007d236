"""Health check and Prometheus metrics for the server's operator."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from hmac import compare_digest
from threading import Lock
from time import monotonic

from flask import Blueprint, Response, current_app, jsonify, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions.admin import backup
from comment_service.actions.admin.readiness import PROBLEM, Condition, check_all
from comment_service.actions.filter.health import Health
from comment_service.actions.filter.health import health as check_health
from comment_service.errors import NotAllowed
from comment_service.storage.admin import sites
from comment_service.storage.comments import counts
from comment_service.storage.db import outbox
from comment_service.storage.db.postgresql import replica
from comment_service.storage.db.session import is_alive, replica_of, session
from comment_service.storage.filter import versions
from comment_service.web.http.context import runtime
from comment_service.web.http.proxy import untrusted_proxy_warning
from comment_service.web.ops.metrics import CONTENT_TYPE, Gauge, render_gauges
from comment_service.web.ops.observation import METRICS, Metrics

blueprint = Blueprint("health", __name__)

CACHE_TIME = timedelta(minutes=5)
"""How long measured metrics are reused; a measurement reads many texts and takes about a second."""

_KEY = "comments_metrics"
SECURITY_TXT_TIME = timedelta(days=90)
READY_SECONDS = 2.0
_READY_KEY = "comments_ready"


@blueprint.get("/")
def root() -> AnyResponse:
    """Redirect the server's root URL to the moderation queue."""
    return redirect(url_for("moderation.queue"))


@blueprint.get("/health")
def health() -> Response:
    """Answer 200 if the database answers and a model is loaded, otherwise 503 with the reason."""
    is_alive()
    state = runtime()
    model = state.classifier.model_id if state.classifier else None
    warning = untrusted_proxy_warning(state)
    other = replica_of(current_app)
    answer = jsonify(
        database="ok",
        replica=other.state if other is not None else None,
        model=model,
        problem=state.classifier_error or None,
        warning=warning or None,
    )
    answer.status_code = 200 if model else 503
    return answer


@blueprint.get("/healthz")
def live() -> Response:
    """Answer 200: this process serves requests. Reads nothing, so that it never waits."""
    return _status({"live": True}, 200)


@blueprint.get("/readyz")
def ready() -> Response:
    """Answer 200 if comments can be taken now, otherwise 503; with the reasons.

    The result is reused for two seconds, because it writes to the database.
    """
    found = _conditions()
    problems = [one for one in found if one.status == PROBLEM]
    checks = [{"name": one.name, "status": one.status, "sentence": one.sentence} for one in found]
    return _status({"ready": not problems, "checks": checks}, 503 if problems else 200)


def _conditions() -> list[Condition]:
    """Return the conditions; while one request checks them, others get the last result."""
    now = monotonic()
    cached: tuple[float, list[Condition]] | None = current_app.extensions.get(_READY_KEY)
    if cached is not None and now - cached[0] < READY_SECONDS:
        return cached[1]
    lock = current_app.extensions.setdefault(f"{_READY_KEY}_{os.getpid()}", Lock())  # per process
    if not lock.acquire(blocking=cached is None) and cached is not None:
        return cached[1]
    try:
        found = check_all(session=session(), runtime=runtime())
        current_app.extensions[_READY_KEY] = (monotonic(), found)
        return found
    finally:
        lock.release()


def _status(body: dict[str, object], status: int) -> Response:
    answer = jsonify(body)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/.well-known/security.txt")
def security_txt() -> Response:
    """Serve whom to tell of a vulnerability (RFC 9116); 404 without a configured contact."""
    contact = runtime().settings.security_contact
    if not contact:
        raise NotFound
    expires = (runtime().now() + SECURITY_TXT_TIME).isoformat(timespec="seconds")
    lines = f"Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\n"
    return Response(lines, content_type="text/plain; charset=utf-8")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Serve the filter's metrics to Prometheus; 404 without a configured token.

    Raises:
        NotAllowed: the token is missing or wrong.
    """
    token = runtime().settings.metrics_token
    if not token:
        raise NotFound
    sent = request.headers.get("Authorization", "")
    if not compare_digest(sent.encode(), f"Bearer {token}".encode()):
        raise NotAllowed("Send the token of COMMENTS_METRICS_TOKEN: `Authorization: Bearer …`.")
    observed: Metrics = current_app.extensions[METRICS]
    body = _cached_metrics() + render_gauges(_operation()) + observed.as_text()
    answer = Response(body, content_type=CONTENT_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _operation() -> Iterator[Gauge]:
    """Yield what is read at every scrape: the outbox and the moderators' queue."""
    now, current = runtime().now(), session()
    due, oldest = outbox.oldest_due(current, now), counts.oldest_pending(current)
    yield Gauge("comments_outbox_waiting", "Deliveries to make.", outbox.count_waiting(current))
    yield Gauge("comments_outbox_dead", "Deliveries given up.", outbox.count_dead(current))
    late = (now - due).total_seconds() if due is not None else 0
    yield Gauge("comments_outbox_late_seconds", "Age of the oldest due delivery.", late)
    yield Gauge("comments_queue_pending", "Comments to review.", counts.count_pending(current))
    age = (now - oldest).total_seconds() if oldest is not None else 0
    yield Gauge("comments_queue_oldest_seconds", "Age of the oldest comment to review.", age)
    yield from _backups()
    other = replica_of(current_app)
    if other is not None:
        used = other.state == replica.USED
        yield Gauge("comments_replica_used", "1 where public pages are read from it.", used)


def _backups() -> Iterator[Gauge]:
    """Yield how the plan of backups is kept, if there is one."""
    if not runtime().settings.backup:
        return
    found = backup.status(session=session(), runtime=runtime())
    if found.age is not None:
        seconds = found.age.total_seconds()
        yield Gauge("comments_backup_age_seconds", "Age of the newest good backup.", seconds)
    failed = bool(found.error) or found.late
    yield Gauge("comments_backup_failed", "1 where backups fail or are too old.", failed)


def _cached_metrics() -> str:
    """Return the metrics, measured at most once in five minutes per process."""
    now = runtime().now()
    cached: tuple[datetime, str] | None = current_app.extensions.get(_KEY)
    if cached is not None and now - cached[0] < CACHE_TIME:
        return cached[1]
    body = render_gauges(
        gauge for site in sites.all_sites(session()) for gauge in _site_gauges(site.id, site.key)
    )
    current_app.extensions[_KEY] = (now, body)
    return body


def _site_gauges(site_id: int, key: str) -> Iterator[Gauge]:
    report = check_health(session=session(), runtime=runtime(), site_id=site_id)
    for name, (meaning, value) in _single_values(report).items():
        yield Gauge(f"comments_filter_{name}", meaning, value, {"site": key})
    model_id = versions.active_id(session(), site_id)
    model = versions.find_without_arrays(session(), site_id, model_id) if model_id else None
    if model is not None:  # the shipped model has the age of the release
        age = (runtime().now() - model.created_at) / timedelta(days=1)
        meaning = "Days since the site's own active model was trained."
        yield Gauge("comments_filter_model_age_days", meaning, age, {"site": key})
    for tenth, predicted, observed, number in report.calibration:
        labels = {"site": key, "tenth": str(tenth)}
        yield Gauge(
            "comments_filter_calibration_said", "Mean probability of spam said.", predicted, labels
        )
        yield Gauge(
            "comments_filter_calibration_was", "Share of them that was spam.", observed, labels
        )
        yield Gauge("comments_filter_calibration_comments", "Comments decided.", number, labels)


def _single_values(report: Health) -> dict[str, tuple[str, float]]:
    """Return the metrics with one value per site: name → meaning and value."""
    return {
        "blind": ("1 where no model judges: every comment waits.", report.blind),
        "warnings": ("Warnings on the filter's page.", len(report.warnings)),
        "submissions": ("Submissions of the last day, at most 2000.", report.submissions),
        "held": ("Of these, held for a moderator.", report.held),
        "unscored": ("Of these, without a score: the model failed.", report.unscored),
        "score_drift": ("Population stability index, 7 days against 60.", report.scores),
        "word_drift": ("Jensen-Shannon distance of the words, 0 to 1.", report.words),
        "new_words": ("Share of recent words never seen before.", report.new_words),
        "calibration_error": ("Expected calibration error, 60 days.", report.calibration_error),
    }
