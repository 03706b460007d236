"""The public doors to change or delete what one wrote: pages with forms, and where they are sent.

The links to them are in no public thread: ``/me`` gives them to the author alone.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from comment_service.actions.comments import permissions
from comment_service.actions.comments.delete import delete_own
from comment_service.actions.comments.edit import Change, edit_own
from comment_service.errors import CommentGone, EditedBefore, InvalidFields, Refusal, StaleForm
from comment_service.identity import Viewer
from comment_service.storage.comments import own as stored
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import DELETED, PUBLISHED, Comment
from comment_service.storage.tables.base import MAX_ID
from comment_service.text import markdown
from comment_service.web.comments import own_comments, presenters
from comment_service.web.comments import render as rendered
from comment_service.web.comments.forms import TextForm
from comment_service.web.comments.thread_views import outcome
from comment_service.web.http import messages, place
from comment_service.web.http.context import language, runtime, wants_json
from comment_service.web.http.place import Place
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer

own = Blueprint("own", __name__, url_prefix="/comments/<id:comment_id>")


class EditForm(TextForm):
    """Another text for one's own comment."""

    expected = IntegerField(validators=[InputRequired(), NumberRange(0, MAX_ID)])

    def change(self, seconds: float) -> Change:
        """Return what was sent, checked for shape.

        Raises:
            InvalidFields: with a sentence for each field.
            StaleForm: a hidden field is not as we made it.
        """
        problems = {} if self.validate() else dict(self.errors)
        if "expected" in problems:  # nothing that a person typed
            raise StaleForm("The form was incomplete. Your text is kept: please send it again.")
        if problems:
            raise InvalidFields({k: [str(s) for s in v] for k, v in problems.items()})
        return Change(
            text=markdown.source(self.text.data),
            expected=self.expected.data,
            honeypot=self.subject.data or "",
            seconds=seconds,
            lang=language()[0],
        )


@own.get("/edit")
def show_edit(comment_id: int) -> Response:
    """Show the form with what the comment says, as a page or for the script (``part=1``)."""
    comment, _viewer = _mine(comment_id)
    permissions.require_editable(session(), runtime(), comment)
    return _edit_page(comment, text=comment.text)


@own.post("/edit")
def edit(comment_id: int) -> Response:
    """Take another text for one's own comment, alike from the page and as JSON."""
    form = EditForm(formdata=place.sent())
    try:
        return _changed(_edit(comment_id, form))
    except EditedBefore as refusal:
        raise _collision(comment_id, form, refusal) from None
    except Refusal as refusal:
        if wants_json() or isinstance(refusal, CommentGone):
            raise
        raise _refused_page(comment_id, form, refusal) from None


def _edit(comment_id: int, form: EditForm) -> Comment:
    comment, viewer = _mine(comment_id)
    seconds = _guarded(comment, form.token.data)
    change = form.change(seconds)
    _html = change.html  # rendered here: the transaction is the only writer and shall be short
    with transaction() as current:
        edit_own(
            session=current, runtime=runtime(), viewer=viewer, comment_id=comment_id, change=change
        )
    return session().get_one(Comment, comment_id)


@own.get("/delete")
def show_delete(comment_id: int) -> Response:
    """Ask whether the comment shall be deleted, as a page or for a dialog (``part=1``)."""
    comment, _viewer = _mine(comment_id)
    if comment.status == DELETED:
        raise CommentGone("This comment was deleted already.")
    permissions.require_time(runtime(), comment, "delete")
    excerpt = markdown.plain(comment.html, 300)
    return _page(
        "comments/_delete" if request.args.get("part") else "comments/delete",
        comment,
        excerpt=excerpt,
    )


@own.post("/delete")
def delete(comment_id: int) -> Response:
    """Delete one's own comment for good."""
    sent = place.sent()
    comment, viewer = _mine(comment_id)
    _guarded(comment, sent.get("token"))
    with transaction() as current:
        delete_own(session=current, runtime=runtime(), viewer=viewer, comment_id=comment_id)
    return _changed(session().get_one(Comment, comment_id))


def _mine(comment_id: int) -> tuple[Comment, Viewer]:
    """Return a comment of the asker's, and who asks.

    Raises:
        NotYours: there is none that they wrote.
    """
    comment = session().get(Comment, comment_id)
    viewer = current_viewer(comment.site_id) if comment is not None else Viewer()
    return permissions.find(session=session(), viewer=viewer, comment_id=comment_id), viewer


def _guarded(comment: Comment, token: str | None) -> float:
    """Check where a form comes from; return how long it was open, in seconds.

    Raises:
        Refusal: another website sent it, or its token is not ours, or too old.
    """
    at = _place(comment)
    place.same_origin(at.site)
    return place.seconds_since_issue(at, token or "")


def _place(comment: Comment) -> Place:
    return Place(comment.page.site, comment.page.url, comment.page.title)


def _changed(comment: Comment) -> Response:
    """Answer with the comment as its author may see it now; the page shows it in its thread."""
    at = _place(comment)
    view = presenters.comment_view(at, comment, own=True)
    posted = view.status if view.status not in {PUBLISHED, DELETED} else "edited"
    posted = DELETED if view.status == DELETED else posted
    if wants_json():
        shown = view.status != DELETED or comment.shown
        return jsonify(
            id=comment.id,
            status=view.status,
            html=rendered.changed(at, view if shown else None),
            message=outcome(posted, notify=False),
            own=own_comments.of_comment(comment),
        )
    stands = view.status == PUBLISHED or comment.shown
    focus = comment.id if stands else None
    url = presenters.link(at, "thread_page", posted=posted, focus=focus)
    return redirect(f"{url}#comment-{comment.id}" if stands else f"{url}#respond", 303)


def _collision(comment_id: int, form: EditForm, refusal: EditedBefore) -> RefusedWithPage:
    """Give back both texts: what the comment says now, and what was typed."""
    now = refusal.details
    session().rollback()
    if not wants_json():
        comment, _viewer = _mine(comment_id)
        page = _edit_page(
            comment,
            text=form.text.data or "",
            said=messages.said(refusal),
            now=str(now["text"]),
            expected=now["expected"],
        )
        return RefusedWithPage(refusal, page)
    told = {"code": refusal.code, "message": messages.said(refusal), "fields": {}, **now}
    return RefusedWithPage(refusal, jsonify(error=told))


def _refused_page(comment_id: int, form: EditForm, refusal: Refusal) -> RefusedWithPage:
    """Give the form back with what was typed and what is wrong, while it is the asker's own.

    Raises:
        NotYours: it is not; the text comes back on the page of the refusal.
    """
    session().rollback()
    comment, _viewer = _mine(comment_id)
    page = _edit_page(
        comment,
        text=form.text.data or "",
        said=messages.said(refusal),
        problems=messages.fields(refusal),
        expected=form.expected.data,
    )
    return RefusedWithPage(refusal, page)


def _edit_page(
    comment: Comment,
    *,
    text: str,
    said: str = "",
    now: str = "",
    problems: Mapping[str, Any] | None = None,
    expected: object = None,
) -> Response:
    if expected is None:
        expected = stored.last_revision(session(), comment.id)
    return _page(
        "comments/_edit" if request.args.get("part") else "comments/edit",
        comment,
        text=text,
        said=said,
        now=now,
        problems=problems or {},
        expected=expected,
    )


def _page(template: str, comment: Comment, **values: object) -> Response:
    """Return a page, or a part of one, with a form about a comment."""
    at = _place(comment)
    code, direction = language()
    focus = comment.id if comment.shown else None
    html = render_template(
        f"comments/{template}.html",
        comment_id=comment.id,
        token=place.issue_token(at),
        max_length=runtime().settings.max_length,
        back_url=presenters.link(at, "thread_page", focus=focus),
        locale=code,
        direction=direction,
        **values,
    )
    answer = make_response(html)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
