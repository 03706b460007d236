"""The end of a sign-in in the window: shown to whoever signed in, and confirmed by them.

Somebody else could have begun the sign-in and sent its address to a reader. So the widget's page is
asked whether it was it (``static/window.js``); where it cannot be reached, the reader compares four
characters that stand on both.
"""

from flask import Blueprint, make_response, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from comment_service.actions import sign_in
from comment_service.actions.take_name import take_name
from comment_service.errors import InvalidFields, LinkSpent
from comment_service.storage.session import session, transaction
from comment_service.storage.tables import Identity, SignIn
from comment_service.text import addresses
from comment_service.web import arrivals, flows, words
from comment_service.web.context import runtime
from comment_service.web.errors import status_of
from comment_service.web.flows import Asked
from comment_service.web.viewer import current_viewer, visitor_session
from comment_service.web.ways_in import name_of
from comment_service.web.window import page

confirmation = Blueprint("confirmation", __name__, url_prefix="/sign-in")


@confirmation.get("/confirm/<state>")
def show(state: str) -> str:
    """Show who would be signed in where, and the code to compare."""
    return _page(flows.found(state), "")


@confirmation.post("/confirm/<state>")
def confirm(state: str) -> Response:
    """Sign in: the widget may claim it now, and our own pages know the reader."""
    remembered = flows.found(state)
    try:
        name = "" if _row(remembered).identity.author.name else _chosen(remembered)
    except InvalidFields as refusal:
        return make_response(_page(remembered, words.told(refusal)), status_of(refusal))
    viewer = current_viewer(remembered.place.site.id)
    with transaction() as current:
        identity = sign_in.confirm(
            session=current, runtime=runtime(), sign_in_id=remembered.sign_in
        )
        identity.author.name = identity.author.name or name
        if not remembered.challenge:
            return arrivals.enter(remembered, identity, viewer)
        target = url_for("confirmation.finished", **remembered.hidden)  # type: ignore[arg-type]
        answer = arrivals.known(redirect(target, 303), identity, sign_in_id=remembered.sign_in)
    return flows.forget(answer, remembered)


@confirmation.get("/finished")
def finished() -> str:
    """Say that it is done; the window can go."""
    return page("finished", flows.asked(request.args))


@confirmation.post("/again")
def again() -> Response:
    """Offer the widget who is signed in here already; it is confirmed like any other sign-in."""
    asked = flows.asked(request.form)
    here = visitor_session(asked.place.site.id)
    if here is None or here.identity_id is None:
        return redirect(url_for("window.choose", **asked.hidden), 303)  # type: ignore[arg-type]
    identity_id = here.identity_id
    if not asked.challenge:
        return redirect(arrivals.landing(asked), 303)
    with transaction() as current:
        row = sign_in.offer(
            session=current,
            runtime=runtime(),
            identity=current.get_one(Identity, identity_id),
            challenge=asked.challenge,
        )
        waiting = flows.proven(asked, row.id)
    target = url_for("confirmation.show", state=waiting.flow.state[:16])
    return flows.keep(redirect(target, 303), waiting)


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
        raise LinkSpent(flows.LATE)
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
