"""Views to report a comment: a page with a form, the same form as a dialog, and its endpoint.

The link in the public thread is the same for everyone; the form brings its token.
"""

from collections.abc import Mapping, Sequence

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from comment_service.actions.comments.report import (
    MAX_WORDS,
    ReportResult,
    report,
    require_reportable,
)
from comment_service.errors import CommentNotFound, InvalidFields, Refusal
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment
from comment_service.storage.tables.base import MAX_ID
from comment_service.text.markdown import plain_excerpt
from comment_service.web.comments import presenters
from comment_service.web.comments.forms import unix_line_ends
from comment_service.web.http import body, form_token, place
from comment_service.web.http import messages as words
from comment_service.web.http.context import id_argument, language, runtime, wants_json
from comment_service.web.http.place import PageRef
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer

blueprint = Blueprint("reports", __name__)
EXCERPT = 300
KIND_LABELS = {
    "spam": _l("spam"),
    "abuse": _l("abuse"),
    "offtopic": _l("off-topic"),
    "private": _l("private information"),
    "illegal": _l("illegal"),
    "other": _l("something else"),
}
"""Kind of report → its label."""


class ReportForm(FlaskForm):  # type: ignore[misc]
    """A reader's report: the reason, and optionally a text."""

    class Meta:
        """Without CSRF protection: sent from other websites, with its own signed token."""

        csrf = False

    token = StringField()
    comment = IntegerField(validators=[InputRequired(), NumberRange(1, MAX_ID)])
    kind = RadioField(
        choices=[SelectChoice(kind, words) for kind, words in KIND_LABELS.items()],
        validators=[InputRequired(message=_l("Choose a reason."))],
    )
    words = TextAreaField(
        validators=[Length(max=MAX_WORDS, message=_l("At most %(max)d characters."))],
        filters=[unix_line_ends],
    )

    def problems(self) -> Mapping[str, Sequence[str]]:
        """Validate the form; return field → errors, empty if it is valid."""
        if self.validate():
            return {}
        errors = {name: [str(text) for text in texts] for name, texts in self.errors.items()}
        return {**errors, "kind": [_("Choose a reason.")]} if "kind" in errors else errors


@blueprint.get("/report")
def show() -> Response:
    """Show the form, as a page or as a dialog fragment (``part=1``); after sending, the thanks."""
    if request.args.get("sent"):
        return _sent_page(repeated=request.args["sent"] == "again")
    comment = _reportable(id_argument("comment"))
    return make_response(_form_page(comment, ReportForm(formdata=None), {}, ""))


def _reportable(comment_id: int | None) -> Comment:
    """Return a comment that the viewer can report.

    Raises:
        CommentNotFound: there is none, or it is not public to the viewer.
    """
    found = session().get(Comment, comment_id) if comment_id is not None else None
    author_id = current_viewer(found.site_id).author_id if found is not None else None
    return require_reportable(session=session(), comment_id=comment_id, author_id=author_id)


@blueprint.post("/reports")
def send() -> Response:
    """Accept a report (HTML form or JSON)."""
    values = body.read_values()
    form = ReportForm(formdata=values)
    problems = form.problems()
    comment_id = None if "comment" in problems else form.comment.data
    comment = _reportable(comment_id)
    key, url = comment.page.site.key, comment.page.url
    try:
        done = _report(comment, form, problems)
    except Refusal as refusal:
        if wants_json() or isinstance(refusal, CommentNotFound):
            raise
        session().rollback()
        errors = words.field_errors(refusal)
        comment = _reportable(comment_id)
        page = _form_page(comment, form, errors, words.refusal_text(refusal))
        raise RefusedWithPage(refusal, page) from None
    if wants_json():
        answer = jsonify(message=report_notice(repeated=done.repeated), visitor=done.visitor)
        answer.status_code = 200 if done.repeated else 201
        return answer
    sent = "again" if done.repeated else "1"
    return redirect(url_for("reports.show", site=key, url=url, sent=sent), 303)


def _report(
    comment: Comment, form: ReportForm, problems: Mapping[str, Sequence[str]]
) -> ReportResult:
    """Check origin, token and fields, and store the report.

    Raises:
        Refusal: the origin, the token or a field is invalid, or the rate limit is exceeded.
    """
    at = place.of_page(comment.page)
    place.require_known_origin(at.site)
    viewer = current_viewer(at.site.id)
    form_token.seconds_since_issue(at, form.token.data or "")
    if problems:
        raise InvalidFields(problems)
    with transaction() as current:
        return report(
            session=current,
            runtime=runtime(),
            viewer=viewer,
            comment_id=form.comment.data,
            kind=form.kind.data,
            words=" ".join((form.words.data or "").split()),
        )


def report_notice(*, repeated: bool) -> str:
    """Return the message for the reader who reported."""
    if repeated:
        return str(
            _(
                "You, or someone on your network, already reported this. A moderator will look at "
                "it."
            )
        )
    return str(_("Thank you. A moderator will look at it."))


def _form_page(
    comment: Comment, form: ReportForm, problems: Mapping[str, Sequence[str]], notice: str
) -> Response:
    """Return the form with the submitted values and errors, ready to be sent again."""
    at = place.of_page(comment.page)
    template = "comments/_report" if request.args.get("part") else "comments/report"
    answer = _render(
        template,
        at,
        comment_id=comment.id,
        name=comment.name,
        excerpt=plain_excerpt(comment.html, EXCERPT),
        token=form_token.issue_token(at),
        action=url_for("reports.send"),
        kinds=KIND_LABELS,
        chosen=form.kind.data,
        words=form.words.data or "",
        most=MAX_WORDS,
        problems=problems,
        said=notice,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _sent_page(*, repeated: bool) -> Response:
    """Thank for a report; nothing of the comment is shown, because it may be pending by now."""
    at = place.page_ref(request.args)
    title, message = _("Report a comment"), report_notice(repeated=repeated)
    back = presenters.thread_url(at, "thread_page")
    return _render("notice", at, title=title, message=message, back_url=back)


def _render(template: str, at: PageRef, **values: object) -> Response:
    code, direction = language()
    values.setdefault("back_url", presenters.thread_url(at, "thread_page"))
    path = f"comments/{template}.html"
    return make_response(render_template(path, locale=code, direction=direction, **values))
