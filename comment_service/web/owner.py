"""The owner's page: the model that judges, how it does here, its versions, what taught it."""

import json
from collections.abc import Iterator

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions import forget as forgetting
from comment_service.actions import retrain, switch
from comment_service.errors import ModelUnknown, SiteUnknown
from comment_service.storage import figures, labels, sites, versions
from comment_service.storage.session import session, transaction
from comment_service.storage.tables import STATUSES, Site
from comment_service.web import model_page
from comment_service.web.context import language, runtime, wants_json
from comment_service.web.moderation import only_moderators

owner = Blueprint("owner", __name__, url_prefix="/moderation/model")
owner.before_request(only_moderators)


def _site() -> Site:
    """Return the site that the page is about.

    Raises:
        SiteUnknown: there is none with this key.
    """
    key = request.values.get("site") or runtime().settings.site
    found = sites.find(session(), key)
    if found is None:
        raise SiteUnknown(f"There is no site {key[:64]}; `comment-service site list` prints all.")
    return found


def _page(name: str, **values: object) -> str:
    code, direction = language()
    path = f"comments/moderation/{name}.html"
    return render_template(path, locale=code, direction=direction, **values)


@owner.get("/")
def model() -> str:
    """Show the model that judges, what it did in ninety days, and its versions."""
    return _page("model", view=model_page.view(_site(), g.moderator_name))


@owner.get("/versions/<model_id>")
def version(model_id: str) -> str:
    """Show a version's card, and where it would have judged otherwise."""
    row = versions.find(session(), model_id)
    if row is None or row.site_id != _site().id:
        raise ModelUnknown("There is no such model here.")
    return _page("model_version", version=row, flips=figures.flips(session(), row))


@owner.get("/cells/<said>/<now>")
def cell(said: str, now: str) -> str:
    """Show the comments of one cell: what the filter made of them, what they are now."""
    if said not in STATUSES or now not in STATUSES:
        raise NotFound
    found = figures.examples(session(), _site().id, said, now)
    return _page("model_cell", said=said, now=now, examples=found)


@owner.post("/promote")
def promote() -> AnyResponse:
    """Let another version judge."""
    site = _site()
    with transaction() as current:
        switch.promote(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            model_id=request.form.get("model", ""),
            actor=g.moderator_name,
        )
    return _back()


@owner.post("/rollback")
def rollback() -> AnyResponse:
    """Let the model before the last switch judge again."""
    site = _site()
    with transaction() as current:
        switch.rollback(session=current, runtime=runtime(), site_id=site.id, actor=g.moderator_name)
    return _back()


@owner.post("/train")
def train() -> AnyResponse:
    """Have the worker train a candidate from the labels now."""
    site = _site()
    with transaction() as current:
        retrain.order(session=current, runtime=runtime(), site_id=site.id, actor=g.moderator_name)
    return _back()


@owner.get("/progress")
def progress() -> Response:
    """Tell how far the training is."""
    return jsonify(retrain.progress(session=session(), site_id=_site().id))


@owner.get("/labels.jsonl")
def export() -> Response:
    """Give every label that counts as JSON lines, in the form that `spam train` reads."""
    site_id = _site().id

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

    answer = Response("".join(lines()), mimetype="application/jsonl")
    answer.headers["Content-Disposition"] = "attachment; filename=labels.jsonl"
    return answer


@owner.post("/forget")
def forget() -> AnyResponse:
    """Let what one source taught count no more."""
    site = _site()
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
    site = _site()
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
    return redirect(url_for("owner.model", site=request.values.get("site")), 303)
