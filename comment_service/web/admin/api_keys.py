"""The page of API keys: make one, see which are used, revoke one."""

from flask import Blueprint, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.admin import api_keys
from comment_service.errors import InvalidFields
from comment_service.storage.admin import api_keys as stored
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import SCOPES
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.http.links import external_url_for
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("api_keys", __name__, url_prefix="/moderation/api-keys")
blueprint.before_request(require_owner)


@blueprint.get("/")
def show() -> str:
    """List the keys of a site."""
    return _page()


def _page(**more: object) -> str:
    site = site_context.owned_site()
    return site_context.render_page(
        "admin/api_keys",
        site=site,
        keys=stored.of_owner(session(), g.rights, site.id),
        scopes=SCOPES,
        base_url=external_url_for("health.root"),
        **{"errors": {}, "values": request.form, "chosen": request.form.getlist("scope"), **more},
    )


@blueprint.post("/")
def create() -> Response:
    """Make a key and show it once."""
    site_id = site_context.owned_site().id
    everywhere = request.form.get("where") == "*"
    try:
        with transaction() as current:
            made = api_keys.create(
                session=current,
                runtime=runtime(),
                site_id=None if everywhere else site_id,
                name=request.form.get("name", ""),
                scopes=request.form.getlist("scope"),
                by=g.moderator_id,
            )
    except InvalidFields as refusal:
        return make_response(_page(errors=messages.field_errors(refusal)), 422)
    return make_response(_page(made=made, values={}, chosen=()))


@blueprint.post("/<id:key_id>/revoke")
def revoke(key_id: int) -> Response:
    """Revoke a key."""
    site = site_context.owned_site().key
    with transaction() as current:
        api_keys.revoke(session=current, runtime=runtime(), by=g.moderator_id, key_id=key_id)
    return redirect(url_for("api_keys.show", site=site), 303)
