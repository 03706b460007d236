"""Moderation on the blog's own page: what the widget's module for moderators asks and sends.

Every request names the site and the page, and comes with a token (``in_place_token``) or, on pages
of our own host, with the cookie of the moderation pages. The actions are those of those pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from flask import Blueprint, Response, g, jsonify, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import BadRequest

from comment_service import catalogues
from comment_service.actions.moderation import decide as moderate
from comment_service.actions.moderation import trust_author
from comment_service.actions.moderation.conflict import shown_as
from comment_service.actions.moderation.edit_comment import edit_comment
from comment_service.errors import CommentNotFound, EditConflict, SignInRequired
from comment_service.storage.admin import rights
from comment_service.storage.comments import own
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import queue as queues
from comment_service.storage.pages import pages
from comment_service.storage.tables import (
    DELETED,
    PENDING,
    PUBLISHED,
    REJECTED,
    SPAM,
    Comment,
    Verdict,
)
from comment_service.web.comments import presenters, render
from comment_service.web.comments.presenters import ThreadQuery
from comment_service.web.comments.view_models import CommentView
from comment_service.web.http import body, in_place_token, messages, place
from comment_service.web.http.context import runtime
from comment_service.web.http.place import PageRef
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.moderation.verdicts import verdict_summary
from comment_service.web.moderation.view_models import InPlaceView

blueprint = Blueprint("in_place", __name__, url_prefix="/moderation/in-place")

MOST_PENDING = 100
MOST_SHOWN = 1000
_DONE = {
    PUBLISHED: _l("Approved."),
    SPAM: _l("Marked as spam."),
    REJECTED: _l("Rejected."),
    PENDING: _l("Returned to the queue."),
}


@blueprint.before_request
def require_moderator_here() -> None:
    """Require a moderator of the site that the request names.

    Raises:
        SignInRequired: the token is not or no longer valid; the widget then shows the plain thread.
    """
    g.values = body.read_values()
    g.at = place.page_ref(g.values)
    place.require_known_origin(g.at.site)
    if request.endpoint == "in_place.sign_in":
        return
    moderator = in_place_token.moderator_here(g.at.site)
    if moderator is None:
        raise SignInRequired(in_place_token.SIGN_IN)
    g.moderator_id, g.moderator_name = moderator.id, moderator.name


@blueprint.post("/sign-in")
def sign_in() -> Response:
    """Serve what a page shows before a moderator has signed in: the link to the window."""
    at: PageRef = g.at
    url = url_for("in_place_window.show", site=at.site.key, url=at.url)
    return jsonify(html=render_template("comments/moderation/in_place/sign_in.html", url=url))


@blueprint.post("/thread")
def thread() -> Response:
    """Serve the page's pending comments, and the buttons of all comments that the page shows."""
    at: PageRef = g.at
    page = pages.find(session(), at.site.id, at.url)
    pending = queues.pending_on_page(session(), page.id, MOST_PENDING) if page else []
    shown = [
        comment
        for comment in queues.load_comments(session(), _shown_ids())
        if page is not None and comment.page_id == page.id and comment.status != DELETED
    ]
    found = {comment.id: comment for comment in (*pending, *shown)}
    verdicts = queues.verdicts(session(), [comment.id for comment in pending])
    bar = render_template(
        "comments/moderation/in_place/bar.html",
        name=g.moderator_name,
        pending=len(pending),
        closed=presenters.is_closed(at, page),
        has_thread=page is not None,
        queue_url=url_for("moderation.queue", page=page.id if page else None),
    )
    controls = {
        comment.id: _controls(comment, verdicts.get(comment.id)) for comment in found.values()
    }
    return jsonify(
        name=g.moderator_name,
        writes=_("You comment as %(name)s, marked as a moderator.", name=g.moderator_name),
        bar=bar,
        done=render_template("comments/moderation/in_place/status.html"),
        pending=_pending_html(at, pending),
        controls=controls,
    )


def _shown_ids() -> list[int]:
    """Return the ids of the comments that the page shows."""
    texts = g.values.get("shown", "").split(",")[:MOST_SHOWN]
    return [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 19]


def _controls(comment: Comment, verdict: Verdict | None) -> str:
    view = InPlaceView(
        id=comment.id,
        name=comment.name,
        status=comment.status,
        expected=shown_as(comment),
        pinned=comment.page.pinned_id == comment.id,
        can_pin=comment.status == PUBLISHED and comment.parent_id is None,
        sentence=verdict_summary(comment.text, verdict) if comment.status == PENDING else "",
        more_url=url_for("moderation.comment", comment_id=comment.id),
    )
    return render_template("comments/moderation/in_place/controls.html", it=view)


def _pending_html(at: PageRef, comments: Sequence[Comment]) -> str:
    """Return the page's pending comments as a thread has them, in the language of the page."""
    with _language_of_page():
        page = pages.find(session(), at.site.id, at.url)
        views = [_view(at, comment) for comment in comments]
        view = presenters.thread_view(at, page, ThreadQuery(), views, "")
        return render_template("comments/moderation/in_place/pending.html", thread=view)


def _view(at: PageRef, comment: Comment) -> CommentView:
    closed = presenters.is_closed(at, comment.page)
    view = presenters.comment_view(at, comment, closed=closed, own=comment.status == PENDING)
    if comment.status != PENDING:
        return view
    return replace(view, status=PENDING, for_staff=True, help_url="")


@contextmanager
def _language_of_page() -> Iterator[None]:
    """Render in the language of the thread; the moderator's words are in that of the browser."""
    code = catalogues.best_match(g.values.get("lang", ""), runtime().languages)
    with force_locale(code or runtime().settings.locale):
        yield


@blueprint.post("/comments/<id:comment_id>/decide")
def decide(comment_id: int) -> Response:
    """Approve a comment, mark it as spam, reject it, or return it to the queue."""
    decision = g.values.get("decision", "")
    if decision not in moderate.OUTCOMES:
        raise BadRequest(_("Choose approve, spam, reject or hold."))
    with transaction() as current:
        _require_here(comment_id)
        done = moderate.decide(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            comment_id=comment_id,
            decision=decision,
            expected=g.values.get("expected", ""),
        )
    undo = {"path": f"decisions/{done.decision_id}/undo"}
    return _changed(comment_id, str(_DONE[done.to_status]), undo)


@blueprint.post("/decisions/<id:decision_id>/undo")
def undo(decision_id: int) -> Response:
    """Undo a decision."""
    with transaction() as current:
        _require_here(queues.comment_of_decision(current, decision_id))
        done = moderate.undo(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            decision_id=decision_id,
        )
    return _changed(done.comment_id, _("Undone."), None)


@blueprint.post("/comments/<id:comment_id>/pin")
def pin(comment_id: int) -> Response:
    """Pin or unpin a comment on its page."""
    pinned = g.values.get("pinned") == "1"
    with transaction() as current:
        before = _require_here(comment_id).page.pinned_id
        trust_author.pin(
            session=current, moderator_id=g.moderator_id, comment_id=comment_id, pinned=pinned
        )
    back = before or comment_id
    undo = {"path": f"comments/{back}/pin", "pinned": "1" if before else "0"}
    message = _("Pinned to the top of its page.") if pinned else _("Unpinned.")
    return jsonify(id=comment_id, message=message, undo=undo, html="", reload=True)


@blueprint.post("/comments/<id:comment_id>/text")
def text(comment_id: int) -> Response:
    """Serve the form to edit a comment."""
    comment = _require_here(comment_id)
    return jsonify(
        html=render_template(
            "comments/moderation/in_place/edit.html",
            comment=comment,
            last_revision=own.last_revision(session(), comment_id),
            max_length=runtime().settings.max_length,
        )
    )


@blueprint.post("/comments/<id:comment_id>/edit")
def edit(comment_id: int) -> Response:
    """Change the text of a comment; the previous text is kept."""
    try:
        with transaction() as current:
            _require_here(comment_id)
            edit_comment(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                comment_id=comment_id,
                text=g.values.get("text", ""),
                expected=g.values.get("expected", ""),
            )
    except EditConflict as refusal:
        raise RefusedWithPage(refusal, messages.with_details(refusal)) from None
    return _changed(comment_id, _("Edited; the previous text is kept."), None)


@blueprint.post("/close")
def close() -> Response:
    """Close or reopen the page's thread."""
    at: PageRef = g.at
    closed = g.values.get("closed") == "1"
    with transaction() as current:
        trust_author.close_page(
            session=current,
            runtime=runtime(),
            site_id=at.site.id,
            url=at.url,
            closed=closed,
            moderator_id=g.moderator_id,
        )
    message = _("The thread is closed.") if closed else _("The thread is open again.")
    undo = {"path": "close", "closed": "0" if closed else "1"}
    return jsonify(message=message, undo=undo, html="", reload=True)


def _require_here(comment_id: int | None) -> Comment:
    """Return a comment of the page that the request names.

    A token is for one site: what its moderator may do on others, it may not.

    Raises:
        CommentNotFound: it does not exist or is elsewhere.
    """
    at: PageRef = g.at
    comment = session().get(Comment, comment_id) if comment_id is not None else None
    page = pages.find(session(), at.site.id, at.url)
    if comment is None or page is None or comment.page_id != page.id:
        raise CommentNotFound(rights.NOBODYS)
    return comment


def _changed(comment_id: int, message: str, undo: Mapping[str, str] | None) -> Response:
    """Answer with the comment as the page shows it now; HTML without one if it has no place."""
    at: PageRef = g.at
    comment = session().get_one(Comment, comment_id)
    with _language_of_page():
        shown = comment.status == PENDING or comment.shown
        html = render.changed_html(at, _view(at, comment) if shown else None)
    return jsonify(id=comment_id, status=comment.status, message=message, undo=undo, html=html)
