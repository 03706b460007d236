"""Sign in with a passkey, or create one: a page of the window and its two endpoints."""

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, make_response, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.readers import passkey as actions
from comment_service.actions.readers.set_name import validate_name
from comment_service.errors import InvalidFields, LinkExpired, Refusal
from comment_service.identity import Flow, Person, ProviderError
from comment_service.identity import passkey as keys
from comment_service.identity.passkey import PASSKEY, Ceremony
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import activity
from comment_service.web.comments.login_options import passkey_origin
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.readers import after_login, login_state
from comment_service.web.readers.login_state import LoginState
from comment_service.web.readers.login_window import continue_sign_in, failed_page, render_page

blueprint = Blueprint("passkeys", __name__, url_prefix="/sign-in/passkey")


@blueprint.get("/")
def show() -> Response:
    """Show the page that signs in with a passkey or creates one."""
    login = login_state.read(request.args)
    link_to = after_login.linking_author_id(login.place.site)
    return _page(replace(login, provider=PASSKEY, flow=Flow(""), link_to=link_to))


def _page(login: LoginState, problem: str = "") -> Response:
    ceremony = _ceremony(login)
    owned = activity.passkeys(session(), login.link_to) if login.link_to else ()
    html = render_page(
        "passkey",
        login,
        state=login.flow.state,
        linking=bool(login.link_to),
        create=keys.creation_options(ceremony, [passkey.credential_id for passkey in owned]),
        find=keys.request_options(ceremony),
        name=request.form.get("name", ""),
        problem=problem,
    )
    return login_state.store(make_response(html), login)


def _ceremony(login: LoginState) -> Ceremony:
    """Return the WebAuthn ceremony: host, origin, site name and challenge.

    Raises:
        NotFound: passkeys cannot work here, or are switched off.
    """
    at = passkey_origin()
    if at is None:
        raise NotFound
    origin, host = at
    return Ceremony(host, origin, login.place.site.name, login.flow.nonce)


@blueprint.post("/new")
@limited(SIGN_IN)
def create() -> Response:
    """Store a new passkey, for a new account or for the one that adds it."""
    login = _stored_login()
    try:
        name = "" if login.link_to else _entered_name(login)
    except InvalidFields as refusal:
        again = _page(replace(login, flow=Flow("")), messages.full_refusal_text(refusal))
        raise RefusedWithPage(refusal, again) from None

    def register() -> Person:
        with transaction() as current:
            return actions.add(
                session=current,
                runtime=runtime(),
                site=login.place.site,
                ceremony=_ceremony(login),
                answer=request.form.get("answer", ""),
                name=name,
                link_to=after_login.linking_author(login),
            )

    return _finish(login, register)


def _entered_name(login: LoginState) -> str:
    """Return the name of a new reader.

    Raises:
        InvalidFields: the name is not allowed.
    """
    name, site_id = request.form.get("name", ""), login.place.site.id
    return validate_name(session=session(), runtime=runtime(), site_id=site_id, name=name)[0]


@blueprint.post("/use")
@limited(SIGN_IN)
def use() -> Response:
    """Sign in with a passkey."""
    login = _stored_login()

    def verify() -> Person:
        with transaction() as current:
            return actions.use(
                session=current,
                runtime=runtime(),
                site=login.place.site,
                ceremony=_ceremony(login),
                answer=request.form.get("answer", ""),
            )

    return _finish(login, verify)


def _stored_login() -> LoginState:
    """Return the stored login of this browser.

    Raises:
        LinkSpent: there is none, or it was used already.
    """
    login = login_state.load(request.form.get("state", ""))
    if login.provider != PASSKEY or login.sign_in or len(request.form.get("state", "")) <= 16:
        raise LinkExpired(login_state.EXPIRED)
    return login


def _finish(login: LoginState, prove: Callable[[], Person]) -> Response:
    try:
        return continue_sign_in(login, PASSKEY, prove())
    except (ProviderError, Refusal) as error:
        session().rollback()
        raise failed_page(
            login, messages.sign_in_problem(error, _("Passkey")), forget=True
        ) from None
