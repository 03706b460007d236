"""The door to be told of a page's new comments by mail without commenting: a page with a form."""

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
from comment_service.web.http import messages as words
from comment_service.web.http import place
from comment_service.web.http.context import language, runtime
from comment_service.web.http.place import Place
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer
from comment_service.web.readers.subscription_views import PACE_WORDS, page

subscribing = Blueprint("subscribing", __name__)


class SubscribeForm(FlaskForm):  # type: ignore[misc]
    """An address that wants to hear of a page."""

    class Meta:
        """The form's own signed token is checked by the guard, as for comments."""

        csrf = False

    token = StringField()
    email = StringField()
    pace = StringField(validators=[AnyOf(PACES)])
    subject = StringField()

    def problems(self) -> Mapping[str, Sequence[str]]:
        """Return field → sentences about what is wrong with it, none where all is well."""
        self.validate()
        found = {name: [str(said) for said in told] for name, told in self.errors.items()}
        if not clean_mailbox(self.email.data or ""):
            found["email"] = [_("Give your e-mail address as name@example.org.")]
        return found


@subscribing.get("/subscribe")
def show() -> Response:
    """Show the form for a page, or that its mail is on the way."""
    at = _place()
    if request.args.get("sent"):
        words = _(
            "Unless this address is confirmed here already, a mail asks you to: open its link."
        )
        return page("notice", title=_("Look into your mail"), message=words, back_url=at.url)
    return _form_page(at, SubscribeForm(formdata=None), {}, "")


@subscribing.post("/subscriptions")
def send() -> Response:
    """Take the wish to hear of a page; the answer is the same whatever is known of the address."""
    at, form = _place(), SubscribeForm(formdata=request.form)
    try:
        _subscribe(at, form)
    except Refusal as refusal:
        session().rollback()
        answer = _form_page(_place(), form, words.fields(refusal), words.said(refusal))
        raise RefusedWithPage(refusal, answer) from None
    return redirect(url_for("subscribing.show", site=at.site.key, url=at.url, sent=1), 303)


def _subscribe(at: Place, form: SubscribeForm) -> None:
    """Check what was sent as any other post, and note the wish; what a program sent is let be.

    Raises:
        Refusal: the origin, the token or a field is wrong.
    """
    place.same_origin(at.site)
    seconds = place.seconds_since_issue(at, form.token.data or "")
    if problems := form.problems():
        raise InvalidFields(problems)
    if form.subject.data or seconds < runtime().settings.min_seconds:
        return
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        known = current.get(Author, viewer.author_id) if viewer.author_id is not None else None
        at_page = sites.ensure_page(
            current, site_id=at.site.id, url=at.url, title=at.title, now=runtime().now()
        )
        wish = SubscriptionRequest(
            clean_mailbox(form.email.data),
            PAGE,
            pace=form.pace.data,
            lang=language()[0],
            network=viewer.network,
            author=known,
        )
        request_subscription(session=current, runtime=runtime(), page=at_page, wish=wish)


def _place() -> Place:
    """Return the page that a request is about.

    Raises:
        NotFound: nobody can subscribe here.
        Refusal: it is no page of a site of ours.
    """
    if not subscriptions_available(runtime()):
        raise NotFound
    return place.place(request.values)


def _form_page(
    at: Place,
    form: SubscribeForm,
    problems: Mapping[str, Sequence[str]],
    said: str,
) -> Response:
    """Return the form with what was typed and what is wrong, ready to be sent again."""
    viewer = current_viewer(at.site.id)
    typed = form.email.data if request.method == "POST" else viewer.email
    return page(
        "readers/subscribe",
        at=at,
        token=place.issue_token(at),
        email=typed or "",
        pace=form.pace.data or EACH,
        paces=PACE_WORDS,
        problems=problems,
        said=said,
        back_url=at.url,
        privacy_url=presenters.link(at, "privacy"),
    )
