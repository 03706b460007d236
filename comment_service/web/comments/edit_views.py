"""Views to edit or delete one's own comment: pages with forms, and the endpoints they post to.

The public thread does not link to them: ``/me`` gives the links to the author only.
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
from comment_service.errors import CommentNotFound, EditConflict, InvalidFields, Refusal, StaleForm
from comment_service.identity import Viewer
from comment_service.screening import model_cache
from comment_service.storage.comments import own as stored
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import DELETED, PUBLISHED, Comment
from comment_service.storage.tables.base import MAX_ID
from comment_service.text import markdown
from comment_service.web.comments import own_comments, presenters
from comment_service.web.comments import render as rendered
from comment_service.web.comments.forms import TextForm
from comment_service.web.comments.thread_views import submission_notice
from comment_service.web.http import body, form_token, messages, place
from comment_service.web.http.context import language, runtime, wants_json
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer

blueprint = Blueprint("edit", __name__, url_prefix="/comments/<id:comment_id>")


class EditForm(TextForm):
    """The new text of an existing comment."""

    expected = IntegerField(validators=[InputRequired(), NumberRange(0, MAX_ID)])

    def change(self, seconds: float) -> Change:
        """Validate the form and return the change.

        Raises:
            InvalidFields: with the errors of each field.
            StaleForm: a hidden field is missing or was altered.
        """
        problems = {} if self.validate() else dict(self.errors)
        if "expected" in problems:  # a hidden field: the user cannot correct it
            raise StaleForm("The form was incomplete. Your text is kept: please send it again.")
        if problems:
            raise InvalidFields({k: [str(s) for s in v] for k, v in problems.items()})
        return Change(
            text=markdown.normalize_source(self.text.data),
            expected=self.expected.data,
            honeypot=self.subject.data or "",
            seconds=seconds,
            lang=language()[0],
        )


@blueprint.get("/edit")
def show_edit(comment_id: int) -> Response:
    """Show the edit form with the current text, as a page or as a fragment (``part=1``)."""
    comment, _viewer = _own_comment(comment_id)
    permissions.require_editable(session(), runtime(), comment)
    return _edit_page(comment, text=comment.text)


@blueprint.post("/edit")
def edit(comment_id: int) -> Response:
    """Change one's own comment (HTML form or JSON)."""
    form = EditForm(formdata=body.read_values())
    try:
        return _changed_response(_edit(comment_id, form))
    except EditConflict as refusal:
        raise _conflict_page(comment_id, form, refusal) from None
    except Refusal as refusal:
        if wants_json() or isinstance(refusal, CommentNotFound):
            raise
        raise _refused_page(comment_id, form, refusal) from None


def _edit(comment_id: int, form: EditForm) -> Comment:
    comment, viewer = _own_comment(comment_id)
    seconds = _check_request(comment, form.token.data)
    change = form.change(seconds)
    _html = change.html  # rendered before the transaction, which blocks all other writers
    model_cache.warm(session(), runtime(), comment.site_id)
    with transaction() as current:
        edit_own(
            session=current, runtime=runtime(), viewer=viewer, comment_id=comment_id, change=change
        )
    return session().get_one(Comment, comment_id)


@blueprint.get("/delete")
def show_delete(comment_id: int) -> Response:
    """Ask to confirm the deletion, as a page or as a dialog fragment (``part=1``)."""
    comment, _viewer = _own_comment(comment_id)
    if comment.status == DELETED:
        raise CommentNotFound("This comment was deleted already.")
    permissions.require_time(runtime(), comment, "delete")
    excerpt = markdown.plain_excerpt(comment.html, 300)
    return _form_response(
        "comments/_delete" if request.args.get("part") else "comments/delete",
        comment,
        excerpt=excerpt,
    )


@blueprint.post("/delete")
def delete(comment_id: int) -> Response:
    """Delete one's own comment permanently."""
    values = body.read_values()
    comment, viewer = _own_comment(comment_id)
    _check_request(comment, values.get("token"))
    with transaction() as current:
        delete_own(session=current, runtime=runtime(), viewer=viewer, comment_id=comment_id)
    return _changed_response(session().get_one(Comment, comment_id))


def _own_comment(comment_id: int) -> tuple[Comment, Viewer]:
    """Return a comment of the viewer, and the viewer.

    Raises:
        NotTheAuthor: the comment does not exist or has another author.
    """
    comment = session().get(Comment, comment_id)
    viewer = current_viewer(comment.site_id) if comment is not None else Viewer()
    return permissions.require_own(session=session(), viewer=viewer, comment_id=comment_id), viewer


def _check_request(comment: Comment, token: str | None) -> float:
    """Check the origin and the token of a form; return how many seconds it was open.

    Raises:
        Refusal: the origin is unknown, or the token is invalid or expired.
    """
    at = place.of_page(comment.page)
    place.require_known_origin(at.site)
    return form_token.seconds_since_issue(at, token or "")


def _changed_response(comment: Comment) -> Response:
    """Answer with the changed comment as its author sees it; a form is redirected to the thread."""
    at = place.of_page(comment.page)
    view = presenters.comment_view(at, comment, own=True)
    posted = view.status if view.status not in {PUBLISHED, DELETED} else "edited"
    posted = DELETED if view.status == DELETED else posted
    if wants_json():
        has_place = view.status != DELETED or comment.shown
        return jsonify(
            id=comment.id,
            status=view.status,
            html=rendered.changed_html(at, view if has_place else None),
            message=submission_notice(posted, notify=False),
            own=own_comments.of_comment(comment),
        )
    is_shown = view.status == PUBLISHED or comment.shown
    focus = comment.id if is_shown else None
    url = presenters.thread_url(at, "thread_page", posted=posted, focus=focus)
    return redirect(f"{url}#comment-{comment.id}" if is_shown else f"{url}#respond", 303)


def _conflict_page(comment_id: int, form: EditForm, refusal: EditConflict) -> RefusedWithPage:
    """Return the page for an edit conflict, with the stored text and the submitted one."""
    current = refusal.details
    session().rollback()
    if not wants_json():
        comment, _viewer = _own_comment(comment_id)
        page = _edit_page(
            comment,
            text=form.text.data or "",
            said=messages.refusal_text(refusal),
            now=str(current["text"]),
            expected=current["expected"],
        )
        return RefusedWithPage(refusal, page)
    return RefusedWithPage(refusal, messages.with_details(refusal))


def _refused_page(comment_id: int, form: EditForm, refusal: Refusal) -> RefusedWithPage:
    """Return the form with the submitted text and the errors.

    Raises:
        NotTheAuthor: the comment is not the viewer's; the error page then shows the submitted text.
    """
    session().rollback()
    comment, _viewer = _own_comment(comment_id)
    page = _edit_page(
        comment,
        text=form.text.data or "",
        said=messages.refusal_text(refusal),
        problems=messages.field_errors(refusal),
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
    return _form_response(
        "comments/_edit" if request.args.get("part") else "comments/edit",
        comment,
        text=text,
        said=said,
        now=now,
        problems=problems or {},
        expected=expected,
    )


def _form_response(template: str, comment: Comment, **values: object) -> Response:
    """Render a page or fragment with a form for a comment."""
    at = place.of_page(comment.page)
    code, direction = language()
    is_shown = comment.shown or presenters.visible_status(comment, own=True) == PUBLISHED
    focus = comment.id if is_shown else None
    html = render_template(
        f"comments/{template}.html",
        comment_id=comment.id,
        token=form_token.issue_token(at),
        max_length=runtime().settings.max_length,
        back_url=presenters.thread_url(at, "thread_page", focus=focus),
        locale=code,
        direction=direction,
        **values,
    )
    answer = make_response(html)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
