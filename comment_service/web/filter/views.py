"""The owner's page: the model that judges, how it does here, its versions, what taught it."""

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
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions.filter import activate, retrain
from comment_service.actions.filter import retract_labels as forgetting
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels
from comment_service.web.filter import model_lists, model_page
from comment_service.web.http.context import runtime, wants_json
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import only_owners

owner = Blueprint("owner", __name__, url_prefix="/moderation/model")
owner.before_request(only_owners)
for path, shown in model_lists.PAGES.items():
    owner.add_url_rule(path, view_func=shown)


@owner.url_defaults
def keep_the_site(_endpoint: str, values: dict[str, Any]) -> None:
    """Have every link and form of a page about another site lead to that site."""
    if has_request_context() and request.blueprint == "owner" and request.values.get("site"):
        values.setdefault("site", request.values["site"])


@owner.get("/")
def model() -> str:
    """Show the model that judges, what it did in ninety days, and its versions."""
    return site_context.page("filter/model", view=model_page.view(site_context.site()))


@owner.post("/promote")
def promote() -> AnyResponse:
    """Let another version judge."""
    site = site_context.site()
    with transaction() as current:
        activate.promote(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            model_id=request.form.get("model", ""),
            actor=g.moderator_name,
        )
    return _back()


@owner.post("/rollback")
def rollback() -> AnyResponse:
    """Let the model before the last switch judge again, or the one that is named."""
    site = site_context.site()
    with transaction() as current:
        activate.rollback(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            model_id=request.form.get("model", ""),
            actor=g.moderator_name,
        )
    return _back()


@owner.post("/train")
def train() -> AnyResponse:
    """Have the worker train a candidate from the labels now."""
    site = site_context.site()
    with transaction() as current:
        retrain.order(session=current, runtime=runtime(), site_id=site.id, actor=g.moderator_name)
    return _back()


@owner.get("/progress")
def progress() -> Response:
    """Tell how far the training is."""
    return jsonify(retrain.progress(session=session(), site_id=site_context.site().id))


@owner.get("/labels.jsonl")
def export() -> Response:
    """Give every label that counts as JSON lines, in the form that `spam train` reads."""
    site_id = site_context.site().id

    def lines() -> Iterator[str]:
        for lesson in labels.lessons(session(), site_id):
            told = {
                "text": lesson.text,
                "label": "spam" if lesson.spam else "ham",
                "author": lesson.author,
                "email": lesson.email,
                "url": lesson.url,
                "created": lesson.created.isoformat(),
                "page": lesson.page,
                "source": lesson.source,
            }
            yield json.dumps(told, ensure_ascii=False) + "\n"

    answer = Response(stream_with_context(lines()), mimetype="application/jsonl")
    answer.headers["Content-Disposition"] = "attachment; filename=labels.jsonl"
    return answer


@owner.post("/forget")
def forget() -> AnyResponse:
    """Let what one source taught count no more."""
    site = site_context.site()
    with transaction() as current:
        forgetting.forget(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            source=request.form.get("source", ""),
            actor=request.form.get("actor", ""),
            by=g.moderator_name,
        )
    return _back()


@owner.post("/forgotten/<id:forgetting_id>/undo")
def remember(forgetting_id: int) -> AnyResponse:
    """Let count again what was forgotten."""
    site = site_context.site()
    with transaction() as current:
        forgetting.take_back(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            forgetting_id=forgetting_id,
            by=g.moderator_name,
        )
    return _back()


def _back() -> AnyResponse:
    if wants_json():
        return jsonify(done=True)
    return redirect(url_for("owner.model"), 303)
