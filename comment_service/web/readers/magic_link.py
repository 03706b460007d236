"""Sign in with a magic link: requested in the window, opened in any browser, used with a button.

GET only shows and POST uses the link, because mail scanners follow links.
"""

from dataclasses import replace

from flask import Blueprint, make_response, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.utils import redirect
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import ValidationError

from comment_service.actions.readers import email_link, sign_in
from comment_service.actions.readers.set_name import validate_name
from comment_service.errors import IdentityNotVerified, InvalidFields, LinkExpired
from comment_service.identity import Flow, Person
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import accounts
from comment_service.storage.tables import Site, Ticket
from comment_service.text.names import clean_mailbox
from comment_service.web.http import messages
from comment_service.web.http.context import language, runtime
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import client_network, current_viewer
from comment_service.web.readers import after_login, login_state
from comment_service.web.readers.login_state import LoginState
from comment_service.web.readers.login_window import render_page

blueprint = Blueprint("magic_link", __name__, url_prefix="/sign-in/mail")


class AddressForm(FlaskForm):  # type: ignore[misc]
    """The address to which the link is sent."""

    email = StringField()

    def validate_email(self, field: StringField) -> None:
        """Refuse a value that is not an e-mail address."""
        if not clean_mailbox(field.data or ""):
            raise ValidationError(_("Enter an e-mail address like name@example.org."))


@blueprint.get("/")
def show() -> str:
    """Ask for the address."""
    return render_page("email", login_state.read(request.args), problem="", email="")


@blueprint.post("/")
@limited(SIGN_IN)
def ask() -> Response:
    """Send a link; the answer is the same for every address.

    On another device the link asks for one code. It is that of the widget which started the
    sign-in, which only the page with the comments shows: whoever opened this window for somebody
    else's widget cannot type it. Without a widget, this window shows a code of its own.
    """
    login, form = login_state.read(request.form), AddressForm()
    if not form.validate():
        problem = " ".join(str(text) for text in form.errors.get("email", ()))
        html = render_page("email", login, problem=problem, email=form.email.data or "")
        return make_response(html, 422)
    stored, code = (
        replace(
            login,
            provider=email_link.EMAIL,
            flow=Flow(""),
            link_to=after_login.linking_author_id(login.place.site),
        ),
        sign_in.code_of(login.challenge) if login.challenge else email_link.new_code(),
    )
    link_request = email_link.LinkRequest(
        address=clean_mailbox(form.email.data),
        url=login.url,
        challenge=login.challenge,
        browser=stored.flow.state,
        lang=language()[0],
        network=client_network(),
    )
    with transaction() as current:
        site = login.place.site
        email_link.enqueue_link(
            session=current, runtime=runtime(), site=site, request=link_request, code=code
        )
    html = render_page(
        "email_sent",
        login,
        email=link_request.address,
        code="" if login.challenge else code,
        minutes=email_link.LINK_MINUTES,
    )
    return login_state.store(make_response(html), stored)


@blueprint.get("/<token>")
def opened(token: str) -> str:
    """Show whom the link signs in on which site; the link is not used up yet."""
    return _page(
        token, email_link.require_ticket(session=session(), runtime=runtime(), token=token), ""
    )


@blueprint.post("/<token>")
@limited(SIGN_IN)
def use(token: str) -> Response:
    """Use the link. A wrong code is counted before it is refused."""
    ticket = email_link.require_ticket(session=session(), runtime=runtime(), token=token)
    login, stored = _login_states(ticket)
    try:
        name = _entered_name(ticket, stored)
    except InvalidFields as refusal:
        raise _refused_page(token, ticket, messages.full_refusal_text(refusal)) from None
    with transaction() as current:
        person = email_link.use(
            session=current,
            runtime=runtime(),
            token=token,
            browser=stored.flow.state if stored else "",
            code=request.form.get("code", "")[:50],
        )
    if person is None:
        raise _refused_page(
            token, ticket, _("This code does not match the other window.")
        ) from None
    return _sign_in(stored or login, replace(person, name=name), elsewhere=stored is None)


def _sign_in(login: LoginState, person: Person, *, elsewhere: bool) -> Response:
    """Sign in the widget that started the sign-in, or this browser on our own pages."""
    viewer = current_viewer(login.place.site.id)
    with transaction() as current:
        identity = sign_in.prove(
            session=current,
            runtime=runtime(),
            site=login.place.site,
            provider=email_link.EMAIL,
            person=person,
            link_to=after_login.linking_author(login),
        )
        if login.link_to:
            return login_state.clear(redirect(after_login.landing_url(login), 303), login)
        if not login.challenge:
            return after_login.sign_in_here(login, identity, viewer)
        row = sign_in.offer(
            session=current, runtime=runtime(), identity=identity, challenge=login.challenge
        )
        sign_in.confirm(session=current, runtime=runtime(), sign_in_id=row.id)
        target = url_for("confirmation.finished", **login.hidden)  # type: ignore[arg-type]
        answer = redirect(target, 303)
        if not elsewhere:
            after_login.set_session_cookie(answer, identity, sign_in_id=row.id)
    return login_state.clear(answer, login)


def _entered_name(ticket: Ticket, stored: LoginState | None) -> str:
    """Return the name that a new reader enters, "" if none is needed.

    Raises:
        InvalidFields: the name is not allowed.
    """
    if not _needs_name(ticket) or (stored is not None and stored.link_to):
        return ""
    name, site_id = request.form.get("name", ""), ticket.about["site_id"]
    return validate_name(session=session(), runtime=runtime(), site_id=site_id, name=name)[0]


def _refused_page(token: str, ticket: Ticket, problem: str) -> RefusedWithPage:
    session().refresh(ticket)
    return RefusedWithPage(IdentityNotVerified(problem), _page(token, ticket, problem))


def _login_states(ticket: Ticket) -> tuple[LoginState, LoginState | None]:
    """Return the login of the link, and this browser's stored one if it requested the link."""
    about = ticket.about
    site = session().get_one(Site, about["site_id"])
    login = LoginState(site.key, about["url"], about["challenge"], email_link.EMAIL)
    try:
        stored = login_state.load(about["state"])
    except LinkExpired:
        return login, None
    same_browser = email_link.is_requesting_browser(runtime(), about, stored.flow.state)
    return login, stored if same_browser else None


def _needs_name(ticket: Ticket) -> bool:
    """Return True if the address belongs to no author with a name on this site."""
    site_id, address = ticket.about["site_id"], str(ticket.about["email"]).lower()
    identity = accounts.find_identity(session(), site_id, email_link.EMAIL, address)
    author = (
        identity.author if identity else accounts.find_by_proven_email(session(), site_id, address)
    )
    return author is None or not author.name


def _page(token: str, ticket: Ticket, problem: str) -> str:
    login, stored = _login_states(ticket)
    return render_page(
        "magic_link",
        login,
        token=token,
        email=ticket.about["email"],
        here=stored is not None,
        unnamed=_needs_name(ticket) and not (stored and stored.link_to),
        name=request.form.get("name", ""),
        compared=sign_in.code_of(login.challenge) if login.challenge else "",
        problem=problem,
    )
