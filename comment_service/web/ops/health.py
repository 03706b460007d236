"""For whoever runs the server: is it alive, and does the filter see?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hmac import compare_digest

from flask import Blueprint, Response, current_app, jsonify, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions.filter.health import Health
from comment_service.actions.filter.health import health as check_health
from comment_service.errors import NotAllowed
from comment_service.storage.admin import sites
from comment_service.storage.db.session import is_alive, session
from comment_service.web.http.context import runtime
from comment_service.web.ops.metrics import CONTENT_TYPE, Gauge, text

ops = Blueprint("ops", __name__)

KEPT = timedelta(minutes=5)
"""How long a scrape is answered with what was measured before; reading words takes a second."""

_KEY = "comments_metrics"


@ops.get("/")
def root() -> AnyResponse:
    """Lead whoever opens the server's own address to moderation."""
    return redirect(url_for("moderation.queue"))


@ops.get("/health")
def health() -> Response:
    """Answer 200 where the database answers and a model is loaded, 503 with the reason else."""
    is_alive()
    state = runtime()
    model = state.classifier.model_id if state.classifier else None
    answer = jsonify(database="ok", model=model, problem=state.classifier_error or None)
    answer.status_code = 200 if model else 503
    return answer


@ops.get("/metrics")
def metrics() -> Response:
    """Tell Prometheus how the filter does; without a configured token there is no such address.

    Raises:
        NotAllowed: the token is missing or wrong.
    """
    token = runtime().settings.metrics_token
    if not token:
        raise NotFound
    sent = request.headers.get("Authorization", "")
    if not compare_digest(sent.encode(), f"Bearer {token}".encode()):
        raise NotAllowed("Send the token of COMMENTS_METRICS_TOKEN: `Authorization: Bearer …`.")
    answer = Response(_measured(), content_type=CONTENT_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _measured() -> str:
    """Return the metrics, measured at most once in five minutes by each process."""
    now = runtime().now()
    kept: tuple[datetime, str] | None = current_app.extensions.get(_KEY)
    if kept is not None and now - kept[0] < KEPT:
        return kept[1]
    told = text(gauge for site in sites.every(session()) for gauge in _of_site(site.id, site.key))
    current_app.extensions[_KEY] = (now, told)
    return told


def _of_site(site_id: int, key: str) -> Iterator[Gauge]:
    found = check_health(session=session(), runtime=runtime(), site_id=site_id)
    for name, (meaning, value) in _single(found).items():
        yield Gauge(f"comments_filter_{name}", meaning, value, {"site": key})
    for tenth, said, was, number in found.calibration:
        at = {"site": key, "tenth": str(tenth)}
        yield Gauge("comments_filter_calibration_said", "Mean probability of spam said.", said, at)
        yield Gauge("comments_filter_calibration_was", "Share of them that was spam.", was, at)
        yield Gauge("comments_filter_calibration_comments", "Comments decided.", number, at)


def _single(found: Health) -> dict[str, tuple[str, float]]:
    """Return the numbers of which a site has one each: name → meaning and value."""
    return {
        "blind": ("1 where no model judges: every comment waits.", found.blind),
        "warnings": ("Warnings on the filter's page.", len(found.warnings)),
        "submissions": ("Submissions of the last day, at most 2000.", found.submissions),
        "held": ("Of these, held for a moderator.", found.held),
        "unscored": ("Of these, without a score: the model failed.", found.unscored),
        "score_drift": ("Population stability index, 7 days against 60.", found.scores),
        "word_drift": ("Jensen-Shannon distance of the words, 0 to 1.", found.words),
        "new_words": ("Share of recent words never seen before.", found.new_words),
        "calibration_error": ("Expected calibration error, 60 days.", found.calibration_error),
    }
