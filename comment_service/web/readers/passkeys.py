"""Log in with a passkey, or create one: a page of the window, a small script, two answers."""

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, make_response, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.readers import passkey as actions
from comment_service.actions.readers.set_name import take_name
from comment_service.errors import InvalidFields, LinkSpent, Refusal
from comment_service.identity import Flow, Person, ProviderError
from comment_service.identity import passkey as keys
from comment_service.identity.passkey import PASSKEY, Ceremony
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import activity
from comment_service.web.comments.login_options import passkey_origin
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.http.rate_limits import SIGN_IN, limiter
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.readers import after_login, login_state
from comment_service.web.readers.login_state import Asked
from comment_service.web.readers.login_window import arrived, failed, page

passkeys = Blueprint("passkeys", __name__, url_prefix="/sign-in/passkey")


@passkeys.get("/")
def show() -> Response:
    """Offer to log in with a passkey, or to create one."""
    asked = login_state.asked(request.args)
    link_to = after_login.link_to(asked.place.site)
    return _shown(replace(asked, provider=PASSKEY, flow=Flow(""), link_to=link_to))


def _shown(remembered: Asked, problem: str = "") -> Response:
    ceremony = _ceremony(remembered)
    owned = activity.passkeys(session(), remembered.link_to) if remembered.link_to else ()
    told = page(
        "passkey",
        remembered,
        state=remembered.flow.state,
        linking=bool(remembered.link_to),
        create=keys.creation_options(ceremony, [one.credential_id for one in owned]),
        find=keys.request_options(ceremony),
        name=request.form.get("name", ""),
        problem=problem,
    )
    return login_state.keep(make_response(told), remembered)


def _ceremony(remembered: Asked) -> Ceremony:
    """Return where and for which challenge.

    Raises:
        NotFound: passkeys cannot work here, or are switched off.
    """
    at = passkey_origin()
    if at is None:
        raise NotFound
    origin, host = at
    return Ceremony(host, origin, remembered.place.site.name, remembered.flow.nonce)


@passkeys.post("/new")
@limiter.limit(SIGN_IN)
def create() -> Response:
    """Keep a passkey that was made: of a new account, or of the one that adds it."""
    remembered = _remembered()
    try:
        name = "" if remembered.link_to else _chosen(remembered)
    except InvalidFields as refusal:
        again = _shown(replace(remembered, flow=Flow("")), messages.told(refusal))
        raise RefusedWithPage(refusal, again) from None

    def proven() -> Person:
        with transaction() as current:
            return actions.add(
                session=current,
                runtime=runtime(),
                site=remembered.place.site,
                ceremony=_ceremony(remembered),
                answer=request.form.get("answer", ""),
                name=name,
                link_to=after_login.linking(remembered),
            )

    return _finish(remembered, proven)


def _chosen(remembered: Asked) -> str:
    """Return the name of who is new here.

    Raises:
        InvalidFields: it cannot be taken.
    """
    name, site_id = request.form.get("name", ""), remembered.place.site.id
    return take_name(session=session(), runtime=runtime(), site_id=site_id, name=name)[0]


@passkeys.post("/use")
@limiter.limit(SIGN_IN)
def use() -> Response:
    """Log in with a passkey."""
    remembered = _remembered()

    def proven() -> Person:
        with transaction() as current:
            return actions.use(
                session=current,
                runtime=runtime(),
                site=remembered.place.site,
                ceremony=_ceremony(remembered),
                answer=request.form.get("answer", ""),
            )

    return _finish(remembered, proven)


def _remembered() -> Asked:
    """Return what this browser set out for.

    Raises:
        LinkSpent: it did not, or has come back already.
    """
    found = login_state.found(request.form.get("state", ""))
    if found.provider != PASSKEY or found.sign_in or len(request.form.get("state", "")) <= 16:
        raise LinkSpent(login_state.LATE)
    return found


def _finish(remembered: Asked, proven: Callable[[], Person]) -> Response:
    try:
        return arrived(remembered, PASSKEY, proven())
    except (ProviderError, Refusal) as error:
        session().rollback()
        raise failed(remembered, messages.problem(error, _("Passkey")), forget=True) from None
