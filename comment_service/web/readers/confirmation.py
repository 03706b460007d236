"""The last step of a sign-in in the window: the reader confirms it.

An attacker could start a sign-in and send its URL to a reader. So the window asks the widget's page
whether it started the sign-in (``static/window.js``); if it cannot reach that page, the reader
compares four characters that both show.
"""

from flask import Blueprint, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from comment_service.actions.readers import sign_in
from comment_service.actions.readers.set_name import validate_name
from comment_service.errors import InvalidFields, LinkExpired
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Identity, SignIn
from comment_service.text import addresses
from comment_service.web.comments.login_options import account_name
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer, visitor_session
from comment_service.web.readers import after_login, login_state
from comment_service.web.readers.login_state import LoginState
from comment_service.web.readers.login_window import render_page

blueprint = Blueprint("confirmation", __name__, url_prefix="/sign-in")


@blueprint.get("/confirm/<state>")
def show(state: str) -> str:
    """Show who will be signed in on which site, and the code to compare."""
    return _page(login_state.load(state), "")


@blueprint.post("/confirm/<state>")
def confirm(state: str) -> Response:
    """Confirm the sign-in: the widget can claim it, and our own pages know the reader."""
    login = login_state.load(state)
    try:
        name = "" if _require_sign_in(login).identity.author.name else _entered_name(login)
    except InvalidFields as refusal:
        raise RefusedWithPage(refusal, _page(login, messages.full_refusal_text(refusal))) from None
    viewer = current_viewer(login.place.site.id)
    with transaction() as current:
        identity = sign_in.confirm(session=current, runtime=runtime(), sign_in_id=login.sign_in)
        identity.author.name = identity.author.name or name
        if not login.challenge:
            return after_login.sign_in_here(login, identity, viewer)
        target = url_for("confirmation.finished", **login.hidden)  # type: ignore[arg-type]
        answer = after_login.set_session_cookie(
            redirect(target, 303), identity, sign_in_id=login.sign_in
        )
    return login_state.clear(answer, login)


@blueprint.get("/finished")
def finished() -> str:
    """Tell the reader that the window can be closed."""
    return render_page("finished", login_state.read(request.args))


@blueprint.post("/again")
def again() -> Response:
    """Offer the widget the reader who is signed in here already; they confirm as in any sign-in."""
    login = login_state.read(request.form)
    reader_session = visitor_session(login.place.site.id)
    if reader_session is None or reader_session.identity_id is None:
        return redirect(url_for("login.choose", **login.hidden), 303)  # type: ignore[arg-type]
    identity_id = reader_session.identity_id
    if not login.challenge:
        return redirect(after_login.landing_url(login), 303)
    with transaction() as current:
        row = sign_in.offer(
            session=current,
            runtime=runtime(),
            identity=current.get_one(Identity, identity_id),
            challenge=login.challenge,
        )
        pending = login_state.with_sign_in(login, row.id)
    target = url_for("confirmation.show", state=pending.flow.state[:16])
    return login_state.store(redirect(target, 303), pending)


def _entered_name(login: LoginState) -> str:
    """Return the name that the reader enters if the provider sent no valid one.

    Raises:
        InvalidFields: the name is not allowed.
    """
    name, site_id = request.form.get("name", ""), login.place.site.id
    return validate_name(session=session(), runtime=runtime(), site_id=site_id, name=name)[0]


def _require_sign_in(login: LoginState) -> SignIn:
    """Return the proven sign-in of this browser.

    Raises:
        LinkSpent: there is none, or it has expired.
    """
    row = session().get(SignIn, login.sign_in)
    if row is None or row.expires_at <= runtime().now():
        raise LinkExpired(login_state.EXPIRED)
    return row


def _page(login: LoginState, problem: str) -> str:
    row, at = _require_sign_in(login), login.place
    return render_page(
        "confirm",
        login,
        name=request.form.get("name") or row.identity.author.name or row.identity.name,
        unnamed=not row.identity.author.name,
        account=account_name(row.identity.provider, at.site.name),
        code=sign_in.code_of(login.challenge) if login.challenge else "",
        page_origin=addresses.origin(at.url),
        problem=problem,
    )
