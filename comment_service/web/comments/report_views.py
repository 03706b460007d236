"""The public door for reports: a page with a form, the same as a dialog, and where they are sent.

The link to it in the public thread is the same for everyone; the form's token comes with the form.
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

from comment_service.actions.comments.report import MAX_WORDS, Reported, report, reportable
from comment_service.errors import CommentGone, InvalidFields, Refusal
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Comment
from comment_service.storage.tables.base import MAX_ID
from comment_service.text.markdown import plain
from comment_service.web.comments import presenters
from comment_service.web.http import messages as words
from comment_service.web.http import place
from comment_service.web.http.context import language, number, runtime, wants_json
from comment_service.web.http.place import Place
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer

reports = Blueprint("reports", __name__)
EXCERPT = 300
KIND_WORDS = {
    "spam": _l("spam"),
    "abuse": _l("abuse"),
    "offtopic": _l("off-topic"),
    "private": _l("private information"),
    "illegal": _l("illegal"),
    "other": _l("something else"),
}
"""Kind of report → what it is called."""


class ReportForm(FlaskForm):  # type: ignore[misc]
    """A reader's complaint: why, and if they like in their own words."""

    class Meta:
        """As for comments: sent from other people's pages, with a signed token of its own."""

        csrf = False

    token = StringField()
    comment = IntegerField(validators=[InputRequired(), NumberRange(1, MAX_ID)])
    kind = RadioField(
        choices=[SelectChoice(kind, words) for kind, words in KIND_WORDS.items()],
        validators=[InputRequired(message=_l("Choose why."))],
    )
    words = TextAreaField(
        validators=[Length(max=MAX_WORDS, message=_l("At most %(max)d characters."))]
    )

    def problems(self) -> Mapping[str, Sequence[str]]:
        """Return field → sentences about what is wrong with it, none where all is well."""
        if self.validate():
            return {}
        found = {name: [str(said) for said in told] for name, told in self.errors.items()}
        return {**found, "kind": [_("Choose why.")]} if "kind" in found else found


@reports.get("/report")
def show() -> Response:
    """Show the form, as a page or for a dialog (``part=1``); or that a report was taken."""
    if request.args.get("sent"):
        return _sent_page(repeated=request.args["sent"] == "again")
    comment = reportable(session=session(), comment_id=number("comment"))
    return make_response(_form_page(comment, ReportForm(formdata=None), {}, ""))


@reports.post("/reports")
def send() -> Response:
    """Take a report, alike from the page and as JSON."""
    sent = place.sent()
    form = ReportForm(formdata=sent)
    problems = form.problems()
    meant = None if "comment" in problems else form.comment.data
    comment = reportable(session=session(), comment_id=meant)
    key, url = comment.page.site.key, comment.page.url
    try:
        done = _report(comment, form, problems)
    except Refusal as refusal:
        if wants_json() or isinstance(refusal, CommentGone):
            raise
        session().rollback()
        told = words.fields(refusal)
        comment = reportable(session=session(), comment_id=meant)
        page = _form_page(comment, form, told, words.said(refusal))
        raise RefusedWithPage(refusal, page) from None
    if wants_json():
        answer = jsonify(message=outcome(repeated=done.repeated), visitor=done.visitor)
        answer.status_code = 200 if done.repeated else 201
        return answer
    how = "again" if done.repeated else "1"
    return redirect(url_for("reports.show", site=key, url=url, sent=how), 303)


def _report(comment: Comment, form: ReportForm, problems: Mapping[str, Sequence[str]]) -> Reported:
    """Check what was sent as any other post, and keep it.

    Raises:
        Refusal: the origin, the token or a field is wrong, or it is too often.
    """
    at = _place(comment)
    place.same_origin(at.site)
    viewer = current_viewer(at.site.id)
    place.seconds_since_issue(at, form.token.data or "")
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


def outcome(*, repeated: bool) -> str:
    """Return what a reader is told."""
    if repeated:
        return str(_("You, or someone on your network, reported this already. It is looked at."))
    return str(_("Thank you. A moderator will look at it."))


def _place(comment: Comment) -> Place:
    return Place(comment.page.site, comment.page.url, comment.page.title)


def _form_page(
    comment: Comment, form: ReportForm, problems: Mapping[str, Sequence[str]], said: str
) -> Response:
    """Return the form with what was typed and what is wrong, ready to be sent again."""
    at = _place(comment)
    template = "comments/_report" if request.args.get("part") else "comments/report"
    answer = _page(
        template,
        at,
        comment_id=comment.id,
        name=comment.name,
        excerpt=plain(comment.html, EXCERPT),
        token=place.issue_token(at),
        action=url_for("reports.send"),
        kinds=KIND_WORDS,
        chosen=form.kind.data,
        words=form.words.data or "",
        most=MAX_WORDS,
        problems=problems,
        said=said,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _sent_page(*, repeated: bool) -> Response:
    """Thank for a report; it shows nothing of a comment, which may wait for a moderator by now."""
    at = place.place(request.args)
    title, message = _("Report a comment"), outcome(repeated=repeated)
    back = presenters.link(at, "thread_page")
    return _page("notice", at, title=title, message=message, back_url=back)


def _page(template: str, at: Place, **values: object) -> Response:
    code, direction = language()
    values.setdefault("back_url", presenters.link(at, "thread_page"))
    path = f"comments/{template}.html"
    return make_response(render_template(path, locale=code, direction=direction, **values))
