"""The moderation pages: the queues, a decision, its undo."""

from datetime import timedelta

from flask import Blueprint, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.filter.review_first import review_first
from comment_service.actions.moderation import decide as moderate
from comment_service.actions.moderation.decide import Decided
from comment_service.errors import DecidedBefore, NotAllowed, SignInRequired
from comment_service.storage.admin import people, rights
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import comment_history
from comment_service.storage.moderation.filters import QUEUES
from comment_service.web.http.context import language, runtime, wants_json
from comment_service.web.http.return_to import back, decision
from comment_service.web.http.viewer import current_session
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

SEEN_EVERY = timedelta(minutes=1)
"""How often it is written down that a session is used."""

moderation = Blueprint("moderation", __name__, url_prefix="/moderation")
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
    moderation.add_url_rule(rule, endpoint, view, methods=[method])


@moderation.before_request
def only_moderators() -> None:
    """Let nobody past who is not signed in as a moderator; note what they may do, and where."""
    found = current_session()
    moderator = found.moderator if found else None
    may = rights.of(session(), moderator.id) if moderator else None
    if found is None or moderator is None or may is None or not may.any:
        raise SignInRequired("Sign in to moderate.")
    g.moderator_id, g.moderator_name, g.rights = moderator.id, moderator.name, may
    g.session_id, now = found.id, runtime().now()
    if found.seen_at is None or now - found.seen_at >= SEEN_EVERY:
        with transaction() as current:
            people.saw(current, g.session_id, now)


def only_owners() -> None:
    """Let nobody past who owns no site."""
    only_moderators()
    if not g.rights.owner:
        raise NotAllowed(_("Only the owner of a site comes in here."))


@moderation.get("/")
@moderation.get("/<queue>")
def queue(queue: str = "pending") -> str:
    """Show a queue, or what a filter lets through of it."""
    if queue not in QUEUES:
        raise NotFound
    code, direction = language()
    wanted = queue_query.read(queue)
    return render_template(
        "comments/moderation/queue.html",
        queue=queue_page.queue_view(wanted),
        next_path=wanted.url(after=request.args.get("after", "")),
        locale=code,
        direction=direction,
    )


@moderation.get("/first")
def first() -> str:
    """Show the comments whose decision teaches most."""
    site = site_context.site_of(g.rights.sites)
    chosen = review_first(session=session(), runtime=runtime(), site=site)
    code, direction = language()
    return render_template(
        "comments/moderation/queue.html",
        queue=queue_page.first_view(chosen),
        next_path=url_for("moderation.first"),
        locale=code,
        direction=direction,
    )


@moderation.post("/comments/<id:comment_id>/decide")
def decide(comment_id: int) -> Response:
    """Approve, file as spam, reject, or put back to wait."""
    wanted = decision()
    try:
        done = _decide(comment_id, wanted)
    except DecidedBefore as refusal:
        if wants_json():
            raise
        return make_response(
            site_context.page(
                "moderation/conflict",
                comment_id=comment_id,
                wanted=wanted,
                it=refusal.details,
                back=back(),
            ),
            409,
        )
    return _answer(done, "decided", done.decision_id)


def _decide(comment_id: int, wanted: str) -> Decided:
    with transaction() as current:
        return moderate.decide(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            decision=wanted,
            note=request.form.get("note", ""),
            expected=request.form.get("expected", ""),
        )


@moderation.post("/decisions/<id:decision_id>/undo")
def undo(decision_id: int) -> Response:
    """Take a decision back."""
    with transaction() as current:
        done = moderate.undo(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            decision_id=decision_id,
        )
        before = comment_history.last_by(current, g.moderator_id)
    return _answer(done, "before", before)


def _answer(done: Decided, name: str, undo_id: int | None) -> Response:
    """Go back to the queue with an offer to undo; tell a script the same."""
    if wants_json():
        undo_url = url_for("moderation.undo", decision_id=undo_id) if undo_id else ""
        return jsonify(id=done.comment_id, status=done.to_status, undo=undo_url)
    return redirect(back(name, undo_id), 303)
