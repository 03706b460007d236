"""The page of texts that other programs had checked: what the filter said; owners correct it."""

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from comment_service.actions.admin.api_keys import AKISMET
from comment_service.actions.filter import external_check
from comment_service.storage.admin import api_keys
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import external_checks
from comment_service.text.sentences import staff_sentence
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("external_checks", __name__, url_prefix="/moderation/checked")
blueprint.before_request(require_owner)
ANSWERS = ("", "spam", "ham", "disagreed")


@blueprint.get("/")
def show() -> str:
    """List the newest texts with the filter's answer."""
    site = site_context.owned_site()
    answer = request.args.get("answer", "")
    answer = answer if answer in ANSWERS else ""
    found, following = external_checks.newest_page(
        session(),
        site.id,
        answer=answer,
        before=id_argument("before"),
        limit=runtime().settings.page_size,
    )
    keys = [
        key
        for key in api_keys.of_site(session(), site.id)
        if AKISMET in key.scopes and key.revoked_at is None
    ]
    return site_context.render_page(
        "filter/external_checks",
        site=site,
        checks=found,
        answer=answer,
        keys=[(key, *external_checks.agreement(session(), key.id)) for key in keys],
        needed=external_check.MIN_COMPARED,
        next_url=site_context.next_url(following, site=site.key, answer=answer),
    )


@blueprint.post("/<id:check_id>/decide")
def decide(check_id: int) -> Response:
    """Say what a text is; the filter learns from it."""
    said = request.form.get("decision")
    if said not in {"spam", "ham"}:
        raise BadRequest(staff_sentence("Choose spam or ham."))
    site = site_context.owned_site()
    key, answer = site.key, request.args.get("answer", "")
    with transaction() as current:
        external_check.decide(
            session=current,
            runtime=runtime(),
            site=site,
            check_id=check_id,
            spam=said == "spam",
            actor=g.moderator_name,
        )
    where = url_for("external_checks.show", site=key, answer=answer or None)
    return redirect(f"{where}#check-{check_id}", 303)
