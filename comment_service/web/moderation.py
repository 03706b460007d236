"""The moderation pages: the queues, a decision, its undo, the snippet to paste."""

from flask import Blueprint, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from comment_service.actions import moderate
from comment_service.actions.moderate import OUTCOMES, Decided
from comment_service.actions.review_first import review_first
from comment_service.errors import SignInRequired
from comment_service.storage import queue as queues
from comment_service.storage import sites
from comment_service.storage.session import session, transaction
from comment_service.web import cards
from comment_service.web.context import language, number, runtime, wants_json
from comment_service.web.viewer import current_moderator

moderation = Blueprint("moderation", __name__, url_prefix="/moderation")


@moderation.before_request
def only_moderators() -> None:
    """Let nobody past who is not signed in as a moderator."""
    moderator = current_moderator()
    if moderator is None:
        raise SignInRequired("Sign in to moderate.")
    g.moderator_id, g.moderator_name = moderator.id, moderator.name


@moderation.get("/")
@moderation.get("/<queue>")
def queue(queue: str = "pending") -> str:
    """Show a queue."""
    if queue not in queues.QUEUES:
        raise NotFound
    code, direction = language()
    view = cards.queue_view(
        queue,
        before=number("before"),
        moderator=g.moderator_name,
        undo=number("decided"),
    )
    return render_template(
        "comments/moderation/queue.html",
        queue=view,
        next_path=_here(),
        locale=code,
        direction=direction,
    )


@moderation.get("/first")
def first() -> str:
    """Show the comments whose decision teaches most."""
    site = sites.find(session(), runtime().settings.site)
    if site is None:
        raise NotFound
    chosen = review_first(session=session(), runtime=runtime(), site=site)
    code, direction = language()
    return render_template(
        "comments/moderation/queue.html",
        queue=cards.first_view(g.moderator_name, chosen),
        next_path=url_for("moderation.first"),
        locale=code,
        direction=direction,
    )


def _here() -> str:
    """Return the queue's own address without the last decision."""
    before = number("before")
    return url_for("moderation.queue", **{**(request.view_args or {}), "before": before})


@moderation.post("/comments/<id:comment_id>/decide")
def decide(comment_id: int) -> Response:
    """Approve, file as spam or reject."""
    decision = request.form.get("decision", "")
    if decision not in OUTCOMES:
        raise BadRequest(_("Choose approve, spam or reject."))
    with transaction() as current:
        done = moderate.decide(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            decision=decision,
        )
    return _answer(done, done.decision_id)


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
    return _answer(done, None)


def _answer(done: Decided, undo_id: int | None) -> Response:
    """Go back to the queue with an offer to undo; tell a script the same."""
    undo_url = url_for("moderation.undo", decision_id=undo_id) if undo_id else ""
    if wants_json():
        return jsonify(id=done.comment_id, status=done.to_status, undo=undo_url)
    target = request.form.get("next", "")
    if not target.startswith(url_for("moderation.queue")) or "//" in target or "\\" in target:
        target = url_for("moderation.queue")
    if undo_id is not None:
        path, _hash, anchor = target.partition("#")
        target = f"{path}{'&' if '?' in path else '?'}decided={undo_id}{_hash}{anchor}"
    return redirect(target, 303)


@moderation.get("/snippet")
def snippet() -> str:
    """Show the lines to paste into a blog."""
    code, direction = language()
    site = sites.find(session(), runtime().settings.site)
    return render_template(
        "comments/moderation/snippet.html",
        site=site,
        script_url=url_for("widget.embed", _external=True),
        locale=code,
        direction=direction,
    )
