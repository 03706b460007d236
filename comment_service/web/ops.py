"""For whoever runs the server: is it alive, and does the filter see?"""

from flask import Blueprint, Response, jsonify, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from comment_service.storage.session import is_alive
from comment_service.web.context import runtime

ops = Blueprint("ops", __name__)


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
