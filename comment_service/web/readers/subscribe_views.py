"""Subscribe to a page's new comments without commenting: a page with a form."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import AnyOf

from comment_service.actions.comments.request_subscription import (
    SubscriptionRequest,
    request_subscription,
    subscriptions_available,
)
from comment_service.errors import InvalidFields, Refusal
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers.subscriptions import EACH, PACES, PAGE
from comment_service.storage.tables import Author
from comment_service.text.names import clean_mailbox
from comment_service.web.comments import presenters
from comment_service.web.http import form_token, place
from comment_service.web.http import messages as words
from comment_service.web.http.context import language, runtime
from comment_service.web.http.place import PageRef
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer
from comment_service.web.readers.subscription_views import PACE_LABELS, render_page

blueprint = Blueprint("subscribe", __name__)


class SubscribeForm(FlaskForm):  # type: ignore[misc]
    """The address and the delivery pace of a subscription."""

    class Meta:
        """Without CSRF protection: the view checks the form's own signed token, as for comments."""

        csrf = False

    token = StringField()
    email = StringField()
    pace = StringField(validators=[AnyOf(PACES)])
    subject = StringField()

    def problems(self) -> Mapping[str, Sequence[str]]:
        """Validate the form; return field → errors, empty if it is valid."""
        self.validate()
        errors = {name: [str(text) for text in texts] for name, texts in self.errors.items()}
        if not clean_mailbox(self.email.data or ""):
            errors["email"] = [_("Enter an e-mail address like name@example.org.")]
        return errors


@blueprint.get("/subscribe")
def show() -> Response:
    """Show the form for a page, or that the confirmation mail is on its way."""
    at = _requested_page()
    if request.args.get("sent"):
        words = _(
            "Check your inbox: unless this address was confirmed before, an e-mail asks you to "
            "confirm it."
        )
        return render_page("notice", title=_("Check your inbox"), message=words, back_url=at.url)
    return _form_page(at, SubscribeForm(formdata=None), {}, "")


@blueprint.post("/subscriptions")
def send() -> Response:
    """Request a subscription; the answer does not reveal whether the address is known."""
    at, form = _requested_page(), SubscribeForm(formdata=request.form)
    try:
        _subscribe(at, form)
    except Refusal as refusal:
        session().rollback()
        answer = _form_page(
            _requested_page(), form, words.field_errors(refusal), words.refusal_text(refusal)
        )
        raise RefusedWithPage(refusal, answer) from None
    return redirect(url_for("subscribe.show", site=at.site.key, url=at.url, sent=1), 303)


def _subscribe(at: PageRef, form: SubscribeForm) -> None:
    """Check origin, token and fields, and store the request; silently ignore what a bot sent.

    Raises:
        Refusal: the origin, the token or a field is invalid.
    """
    place.require_known_origin(at.site)
    seconds = form_token.seconds_since_issue(at, form.token.data or "")
    if problems := form.problems():
        raise InvalidFields(problems)
    if form.subject.data or seconds < runtime().settings.min_seconds:
        return
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        author = current.get(Author, viewer.author_id) if viewer.author_id is not None else None
        at_page = sites.ensure_page(
            current, site_id=at.site.id, url=at.url, title=at.title, now=runtime().now()
        )
        subscription = SubscriptionRequest(
            clean_mailbox(form.email.data),
            PAGE,
            pace=form.pace.data,
            lang=language()[0],
            network=viewer.network,
            author=author,
        )
        request_subscription(session=current, runtime=runtime(), page=at_page, request=subscription)


def _requested_page() -> PageRef:
    """Return the page that a request names.

    Raises:
        NotFound: subscriptions are off.
        Refusal: the page does not belong to a registered site.
    """
    if not subscriptions_available(runtime()):
        raise NotFound
    return place.page_ref(request.values)


def _form_page(
    at: PageRef,
    form: SubscribeForm,
    problems: Mapping[str, Sequence[str]],
    notice: str,
) -> Response:
    """Return the form with the submitted values and errors, ready to be sent again."""
    viewer = current_viewer(at.site.id)
    typed = form.email.data if request.method == "POST" else viewer.email
    return render_page(
        "readers/subscribe",
        at=at,
        token=form_token.issue_token(at),
        email=typed or "",
        pace=form.pace.data or EACH,
        paces=PACE_LABELS,
        problems=problems,
        said=notice,
        back_url=at.url,
        privacy_url=presenters.thread_url(at, "privacy"),
    )
