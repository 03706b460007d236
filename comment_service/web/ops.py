"""For whoever runs the server: is it alive, and does the filter see?"""

from flask import Blueprint, Response, jsonify

from comment_service.storage.session import is_alive
from comment_service.web.context import runtime

ops = Blueprint("ops", __name__)


@ops.get("/health")
def health() -> Response:
    """Answer 200 where the database answers and a model is loaded, 503 with the reason else."""
    is_alive()
    state = runtime()
    model = state.classifier.model_id if state.classifier else None
    answer = jsonify(database="ok", model=model, problem=state.classifier_error or None)
    answer.status_code = 200 if model else 503
    return answer
