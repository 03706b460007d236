"""Sign in by a link in a mail: asked for in the window, opened in any browser, used by a button.

GET shows and POST uses: programs that look through mail follow links.
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
from comment_service.actions.readers.set_name import take_name
from comment_service.errors import InvalidFields, LinkSpent, NotProven
from comment_service.identity import Flow, Person
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import accounts
from comment_service.storage.tables import Site, Ticket
from comment_service.text.names import clean_mailbox
from comment_service.web.http import messages
from comment_service.web.http.context import language, runtime
from comment_service.web.http.rate_limits import SIGN_IN, limiter
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer, network
from comment_service.web.readers import after_login, login_state
from comment_service.web.readers.login_state import Asked
from comment_service.web.readers.login_window import page

mail_link = Blueprint("mail_link", __name__, url_prefix="/sign-in/mail")


class AddressForm(FlaskForm):  # type: ignore[misc]
    """An address to which a link is sent."""

    email = StringField()

    def validate_email(self, field: StringField) -> None:
        """Refuse what no mail can be sent to as it stands."""
        if not clean_mailbox(field.data or ""):
            raise ValidationError(_("Give your e-mail address as name@example.org."))


@mail_link.get("/")
def show() -> str:
    """Ask for the address."""
    return page("email", login_state.asked(request.args), problem="", email="")


@mail_link.post("/")
@limiter.limit(SIGN_IN)
def ask() -> Response:
    """Send a link; the answer is the same for every address."""
    asked, form = login_state.asked(request.form), AddressForm()
    if not form.validate():
        problem = " ".join(str(said) for said in form.errors.get("email", ()))
        told = page("email", asked, problem=problem, email=form.email.data or "")
        return make_response(told, 422)
    remembered, code = (
        replace(
            asked,
            provider=email_link.EMAIL,
            flow=Flow(""),
            link_to=after_login.link_to(asked.place.site),
        ),
        email_link.new_code(),
    )
    wish = email_link.Wish(
        address=clean_mailbox(form.email.data),
        url=asked.url,
        challenge=asked.challenge,
        browser=remembered.flow.state,
        lang=language()[0],
        network=network(),
    )
    with transaction() as current:
        site = asked.place.site
        email_link.ask(session=current, runtime=runtime(), site=site, wish=wish, code=code)
    told = page("email_sent", asked, email=wish.address, code=code, minutes=email_link.LINK_MINUTES)
    return login_state.keep(make_response(told), remembered)


@mail_link.get("/<token>")
def opened(token: str) -> str:
    """Show whom the link would let in where; nothing is spent yet."""
    return _page(token, email_link.opened(session=session(), runtime=runtime(), token=token), "")


@mail_link.post("/<token>")
@limiter.limit(SIGN_IN)
def use(token: str) -> Response:
    """Spend the link. A wrong code is counted before it is refused."""
    ticket = email_link.opened(session=session(), runtime=runtime(), token=token)
    asked, here = _asked(ticket)
    try:
        name = _chosen(ticket, here)
    except InvalidFields as refusal:
        raise _again(token, ticket, messages.told(refusal)) from None
    with transaction() as current:
        person = email_link.use(
            session=current,
            runtime=runtime(),
            token=token,
            browser=here.flow.state if here else "",
            code=request.form.get("code", "")[:50],
        )
    if person is None:
        raise _again(
            token, ticket, _("This is not the code that the other window shows.")
        ) from None
    return _let_in(here or asked, replace(person, name=name), elsewhere=here is None)


def _let_in(asked: Asked, person: Person, *, elsewhere: bool) -> Response:
    """Sign in: the widget that began it, or our own pages in this browser."""
    viewer = current_viewer(asked.place.site.id)
    with transaction() as current:
        identity = sign_in.prove(
            session=current,
            runtime=runtime(),
            site=asked.place.site,
            provider=email_link.EMAIL,
            person=person,
            link_to=after_login.linking(asked),
        )
        if asked.link_to:
            return login_state.forget(redirect(after_login.landing(asked), 303), asked)
        if not asked.challenge:
            return after_login.enter(asked, identity, viewer)
        row = sign_in.offer(
            session=current, runtime=runtime(), identity=identity, challenge=asked.challenge
        )
        sign_in.confirm(session=current, runtime=runtime(), sign_in_id=row.id)
        target = url_for("confirmation.finished", **asked.hidden)  # type: ignore[arg-type]
        answer = redirect(target, 303)
        if not elsewhere:
            after_login.known(answer, identity, sign_in_id=row.id)
    return login_state.forget(answer, asked)


def _chosen(ticket: Ticket, here: Asked | None) -> str:
    """Return the name that somebody new here gives, "" where none is asked for.

    Raises:
        InvalidFields: it cannot be taken.
    """
    if not _nameless(ticket) or (here is not None and here.link_to):
        return ""
    name, site_id = request.form.get("name", ""), ticket.about["site_id"]
    return take_name(session=session(), runtime=runtime(), site_id=site_id, name=name)[0]


def _again(token: str, ticket: Ticket, problem: str) -> RefusedWithPage:
    session().refresh(ticket)
    return RefusedWithPage(NotProven(problem), _page(token, ticket, problem))


def _asked(ticket: Ticket) -> tuple[Asked, Asked | None]:
    """Return what the link was asked for, and the same as the asking browser remembers it."""
    about = ticket.about
    site = session().get_one(Site, about["site_id"])
    asked = Asked(site.key, about["url"], about["challenge"], email_link.EMAIL)
    try:
        here = login_state.found(about["state"])
    except LinkSpent:
        return asked, None
    mine = email_link.is_browser(runtime(), about, here.flow.state)
    return asked, here if mine else None


def _nameless(ticket: Ticket) -> bool:
    """Tell whether whoever has the address has no name here yet."""
    site_id, address = ticket.about["site_id"], str(ticket.about["email"]).lower()
    identity = accounts.find_identity(session(), site_id, email_link.EMAIL, address)
    author = identity.author if identity else accounts.who_proved(session(), site_id, address)
    return author is None or not author.name


def _page(token: str, ticket: Ticket, problem: str) -> str:
    asked, here = _asked(ticket)
    return page(
        "magic_link",
        asked,
        token=token,
        email=ticket.about["email"],
        here=here is not None,
        unnamed=_nameless(ticket) and not (here and here.link_to),
        name=request.form.get("name", ""),
        compared=sign_in.code_of(asked.challenge) if asked.challenge else "",
        problem=problem,
    )
