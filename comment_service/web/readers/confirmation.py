"""The end of a sign-in in the window: shown to whoever signed in, and confirmed by them.

Somebody else could have begun the sign-in and sent its address to a reader. So the widget's page is
asked whether it was it (``static/window.js``); where it cannot be reached, the reader compares four
characters that stand on both.
"""

from flask import Blueprint, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from comment_service.actions.readers import sign_in
from comment_service.actions.readers.set_name import take_name
from comment_service.errors import InvalidFields, LinkSpent
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Identity, SignIn
from comment_service.text import addresses
from comment_service.web.comments.login_options import name_of
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer, visitor_session
from comment_service.web.readers import after_login, login_state
from comment_service.web.readers.login_state import Asked
from comment_service.web.readers.login_window import page

confirmation = Blueprint("confirmation", __name__, url_prefix="/sign-in")


@confirmation.get("/confirm/<state>")
def show(state: str) -> str:
    """Show who would be signed in where, and the code to compare."""
    return _page(login_state.found(state), "")


@confirmation.post("/confirm/<state>")
def confirm(state: str) -> Response:
    """Sign in: the widget may claim it now, and our own pages know the reader."""
    remembered = login_state.found(state)
    try:
        name = "" if _row(remembered).identity.author.name else _chosen(remembered)
    except InvalidFields as refusal:
        raise RefusedWithPage(refusal, _page(remembered, messages.told(refusal))) from None
    viewer = current_viewer(remembered.place.site.id)
    with transaction() as current:
        identity = sign_in.confirm(
            session=current, runtime=runtime(), sign_in_id=remembered.sign_in
        )
        identity.author.name = identity.author.name or name
        if not remembered.challenge:
            return after_login.enter(remembered, identity, viewer)
        target = url_for("confirmation.finished", **remembered.hidden)  # type: ignore[arg-type]
        answer = after_login.known(redirect(target, 303), identity, sign_in_id=remembered.sign_in)
    return login_state.forget(answer, remembered)


@confirmation.get("/finished")
def finished() -> str:
    """Say that it is done; the window can go."""
    return page("finished", login_state.asked(request.args))


@confirmation.post("/again")
def again() -> Response:
    """Offer the widget who is signed in here already; it is confirmed like any other sign-in."""
    asked = login_state.asked(request.form)
    here = visitor_session(asked.place.site.id)
    if here is None or here.identity_id is None:
        return redirect(url_for("window.choose", **asked.hidden), 303)  # type: ignore[arg-type]
    identity_id = here.identity_id
    if not asked.challenge:
        return redirect(after_login.landing(asked), 303)
    with transaction() as current:
        row = sign_in.offer(
            session=current,
            runtime=runtime(),
            identity=current.get_one(Identity, identity_id),
            challenge=asked.challenge,
        )
        waiting = login_state.proven(asked, row.id)
    target = url_for("confirmation.show", state=waiting.flow.state[:16])
    return login_state.keep(redirect(target, 303), waiting)


def _chosen(remembered: Asked) -> str:
    """Return the name that the reader gives, where the provider said none that fits.

    Raises:
        InvalidFields: it cannot be taken.
    """
    name, site_id = request.form.get("name", ""), remembered.place.site.id
    return take_name(session=session(), runtime=runtime(), site_id=site_id, name=name)[0]


def _row(remembered: Asked) -> SignIn:
    """Return the proven sign-in that this browser brought.

    Raises:
        LinkSpent: there is none, or it is too old.
    """
    row = session().get(SignIn, remembered.sign_in)
    if row is None or row.expires_at <= runtime().now():
        raise LinkSpent(login_state.LATE)
    return row


def _page(remembered: Asked, problem: str) -> str:
    row, at = _row(remembered), remembered.place
    return page(
        "confirm",
        remembered,
        name=request.form.get("name") or row.identity.author.name or row.identity.name,
        unnamed=not row.identity.author.name,
        account=name_of(row.identity.provider, at.site.name),
        code=sign_in.code_of(remembered.challenge) if remembered.challenge else "",
        page_origin=addresses.origin(at.url),
        problem=problem,
    )
