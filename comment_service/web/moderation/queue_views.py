"""The moderation pages: queues, decide, undo."""

from datetime import timedelta

from flask import Blueprint, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.filter.review_first import review_first
from comment_service.actions.moderation import decide as moderate
from comment_service.actions.moderation.decide import DecisionResult
from comment_service.errors import DecisionConflict, NotAllowed, SignInRequired
from comment_service.storage.admin import people, rights
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import comment_history
from comment_service.storage.moderation.filters import QUEUES
from comment_service.web.http.context import language, runtime, wants_json
from comment_service.web.http.return_to import requested_decision, return_url
from comment_service.web.http.viewer import current_session, host_moderator
from comment_service.web.moderation import (
    bulk,
    comment_forms,
    comment_views,
    flood_banner,
    overview,
    presence,
    queue_page,
    queue_query,
    saved_replies,
    site_context,
    spot_check,
)

SEEN_INTERVAL = timedelta(minutes=1)
"""Minimum time between two updates of a session's last use."""

blueprint = Blueprint("moderation", __name__, url_prefix="/moderation")
for rule, endpoint, method, view in (
    *spot_check.ROUTES,
    *overview.ROUTES,
    *comment_views.ROUTES,
    *comment_forms.ROUTES,
    *presence.ROUTES,
    *saved_replies.ROUTES,
    *bulk.ROUTES,
    *flood_banner.ROUTES,
):
    blueprint.add_url_rule(rule, endpoint, view, methods=[method])


@blueprint.before_request
def require_moderator() -> None:
    """Require a signed-in moderator and load their permissions.

    ``g.session_id`` is None for a user of the host application, who has no session here.
    """
    staff_session = current_session()
    moderator = staff_session.moderator if staff_session else host_moderator()
    granted = rights.rights_of(session(), moderator.id) if moderator else None
    if moderator is None or granted is None or not granted.any:
        raise SignInRequired("Sign in to moderate.")
    g.moderator_id, g.moderator_name, g.rights = moderator.id, moderator.name, granted
    g.session_id, now = staff_session.id if staff_session else None, runtime().now()
    if staff_session is None:
        return
    if staff_session.seen_at is None or now - staff_session.seen_at >= SEEN_INTERVAL:
        with transaction() as current:
            people.record_use(current, g.session_id, now)


def require_owner() -> None:
    """Require the owner of at least one site."""
    require_moderator()
    if not g.rights.owner:
        raise NotAllowed(_("Only owners of a site can open this page."))


@blueprint.get("/")
@blueprint.get("/<queue>")
def queue(queue: str = "pending") -> str:
    """Show a queue, filtered by the query string."""
    if queue not in QUEUES:
        raise NotFound
    code, direction = language()
    query = queue_query.read(queue)
    return render_template(
        "comments/moderation/queue.html",
        queue=queue_page.queue_view(query),
        next_path=query.url(after=request.args.get("after", "")),
        locale=code,
        direction=direction,
    )


@blueprint.get("/first")
def first() -> str:
    """Show the comments whose decisions would improve the model most."""
    site = site_context.requested_site(g.rights.sites)
    chosen = review_first(session=session(), runtime=runtime(), site=site)
    code, direction = language()
    return render_template(
        "comments/moderation/queue.html",
        queue=queue_page.first_view(chosen),
        next_path=url_for("moderation.first"),
        locale=code,
        direction=direction,
    )


@blueprint.post("/comments/<id:comment_id>/decide")
def decide(comment_id: int) -> Response:
    """Approve a comment, mark it as spam, reject it, or return it to the queue."""
    decision = requested_decision()
    try:
        done = _decide(comment_id, decision)
    except DecisionConflict as refusal:
        if wants_json():
            raise
        return make_response(
            site_context.render_page(
                "moderation/conflict",
                comment_id=comment_id,
                wanted=decision,
                it=refusal.details,
                back=return_url(),
            ),
            409,
        )
    return _decided_response(done, done.decision_id, decided=done.decision_id)


def _decide(comment_id: int, decision: str) -> DecisionResult:
    with transaction() as current:
        return moderate.decide(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            decision=decision,
            note=request.form.get("note", ""),
            expected=request.form.get("expected", ""),
        )


@blueprint.post("/decisions/<id:decision_id>/undo")
def undo(decision_id: int) -> Response:
    """Undo a decision."""
    with transaction() as current:
        done = moderate.undo(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            decision_id=decision_id,
        )
        before = comment_history.last_single_decision(current, g.moderator_id)
    return _decided_response(done, before, undone=done.decision_id, before=before)


def _decided_response(done: DecisionResult, undo_id: int | None, **named: int | None) -> Response:
    """Redirect to the queue with an offer to undo; return the same as JSON to a script."""
    if wants_json():
        undo_url = url_for("moderation.undo", decision_id=undo_id) if undo_id else ""
        return jsonify(id=done.comment_id, status=done.to_status, undo=undo_url)
    return redirect(return_url(**named), 303)
