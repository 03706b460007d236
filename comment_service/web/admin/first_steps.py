"""The first steps after the set-up: the embed code, a live check, a first comment."""

from flask import Blueprint, Response, g, jsonify, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions.admin import first_steps
from comment_service.actions.admin.first_steps import FirstSteps
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Site
from comment_service.web.admin.embed_code import script_line
from comment_service.web.http.context import runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("first_steps", __name__, url_prefix="/moderation/start")
blueprint.before_request(require_owner)


@blueprint.get("/")
def show() -> str:
    """Show the embed code, whether a page shows comments, and what comes next."""
    site = site_context.owned_site()
    steps = _steps(site)
    return site_context.render_page(
        "admin/first_steps",
        site=site,
        line=script_line(site),
        steps=steps,
        found=_found_sentence(steps),
        wanted=steps.wanted,
    )


@blueprint.get("/found")
def found() -> Response:
    """Return whether a page has shown comments, as JSON for the page's script."""
    steps = _steps(site_context.owned_site())
    return jsonify(found=_found_sentence(steps), wanted=len(steps.wanted))


@blueprint.post("/dismiss")
def dismiss() -> AnyResponse:
    """Put the first steps away."""
    site = site_context.owned_site()
    key = site.key
    with transaction() as current:
        first_steps.dismiss(session=current, runtime=runtime(), by=g.moderator_id, site_id=site.id)
    return redirect(url_for("moderation.week", site=key), 303)


def _steps(site: Site) -> FirstSteps:
    return first_steps.of_site(session=session(), runtime=runtime(), site=site)


def _found_sentence(steps: FirstSteps) -> str:
    return str(_("✓ Found on %(url)s", url=steps.found)) if steps.found else ""
