"""The filter page: the active model, its results, its versions and training sources."""

import json
from collections.abc import Iterator
from typing import Any

from flask import (
    Blueprint,
    Response,
    g,
    has_request_context,
    jsonify,
    redirect,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions.admin import rules
from comment_service.actions.filter import activate, retrain
from comment_service.actions.filter import retract_labels as forgetting
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels
from comment_service.web.filter import model_lists, model_page
from comment_service.web.http import messages
from comment_service.web.http.context import runtime, wants_json
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("filter", __name__, url_prefix="/moderation/model")
blueprint.before_request(require_owner)
for path, shown in model_lists.PAGES.items():
    blueprint.add_url_rule(path, view_func=shown)


@blueprint.url_defaults
def keep_site(_endpoint: str, values: dict[str, Any]) -> None:
    """Add the selected site to every link and form of the filter pages."""
    if has_request_context() and request.blueprint == "filter" and request.values.get("site"):
        values.setdefault("site", request.values["site"])


@blueprint.get("/")
def model() -> str:
    """Show the active model, its results of the last ninety days, and its versions."""
    return site_context.render_page(
        "filter/model", view=model_page.model_page(site_context.owned_site())
    )


@blueprint.post("/promote")
def promote() -> AnyResponse:
    """Activate another version."""
    site = site_context.owned_site()
    with transaction() as current:
        activate.promote(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            model_id=request.form.get("model", ""),
            actor=g.moderator_name,
        )
    return _done()


@blueprint.post("/rollback")
def rollback() -> AnyResponse:
    """Activate the previous model again, or the one that the form names."""
    site = site_context.owned_site()
    with transaction() as current:
        activate.rollback(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            model_id=request.form.get("model", ""),
            actor=g.moderator_name,
        )
    return _done()


@blueprint.post("/careful")
def settle_threshold() -> AnyResponse:
    """Hold comments from another probability on; 0 follows the model."""
    site = site_context.owned_site()
    hold_at = request.form.get("hold_at", type=float)
    if hold_at is None or not 0 <= hold_at < 1:
        raise BadRequest(_("Choose a probability below 100 %."))
    with transaction() as current:
        rules.save_rules(
            session=current,
            runtime=runtime(),
            site=site,
            changes={**(site.rules or {}), "hold_at": hold_at},
            actor=g.moderator_name,
        )
    return _done()


@blueprint.post("/train")
def train() -> AnyResponse:
    """Ask the worker to train a candidate now."""
    site = site_context.owned_site()
    with transaction() as current:
        retrain.request_training(
            session=current, runtime=runtime(), site_id=site.id, actor=g.moderator_name
        )
    return _done()


@blueprint.get("/progress")
def progress() -> Response:
    """Return the progress of the training as JSON."""
    found = retrain.progress(session=session(), site_id=site_context.owned_site().id)
    return jsonify({**found, "step": messages.told(str(found.get("step") or ""))})


@blueprint.get("/labels.jsonl")
def export() -> Response:
    """Stream all valid labels as JSON lines, in the format that `spam train` reads."""
    site_id = site_context.owned_site().id

    def lines() -> Iterator[str]:
        for label in labels.training_rows(session(), site_id):
            row = {
                "text": label.text,
                "label": "spam" if label.spam else "ham",
                "author": label.author,
                "email": label.email,
                "url": label.url,
                "created": label.created.isoformat(),
                "page": label.page,
                "source": label.source,
            }
            yield json.dumps(row, ensure_ascii=False) + "\n"

    answer = Response(stream_with_context(lines()), mimetype="application/jsonl")
    answer.headers["Content-Disposition"] = "attachment; filename=labels.jsonl"
    return answer


@blueprint.post("/forget")
def forget() -> AnyResponse:
    """Remove a training source."""
    site = site_context.owned_site()
    with transaction() as current:
        forgetting.retract(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            source=request.form.get("source", ""),
            actor=request.form.get("actor", ""),
            by=g.moderator_name,
        )
    return _done()


@blueprint.post("/forgotten/<id:forgetting_id>/undo")
def remember(forgetting_id: int) -> AnyResponse:
    """Restore a removed training source."""
    site = site_context.owned_site()
    with transaction() as current:
        forgetting.undo_retraction(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            forgetting_id=forgetting_id,
            by=g.moderator_name,
        )
    return _done()


def _done() -> AnyResponse:
    if wants_json():
        return jsonify(done=True)
    return redirect(url_for("filter.model"), 303)
