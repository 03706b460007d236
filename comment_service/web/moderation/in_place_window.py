"""The window in which a moderator lets the widget on a page of their site act for them.

As in a reader's sign-in, the widget claims the result with a verifier. Whoever started this must
know the code that the page shows: the page that opened the window sends it (``window.js``), or the
moderator types it. Nothing is granted without the moderator's own click.
"""

import hmac

from flask import Blueprint, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service.actions.moderation import in_place
from comment_service.actions.readers.sign_in import code_of
from comment_service.errors import CommentNotFound, InvalidFields, NotAllowed, StaleForm
from comment_service.storage.admin import rights
from comment_service.storage.db.session import transaction
from comment_service.text import addresses
from comment_service.text.sentences import staff_sentence
from comment_service.web.http import in_place_token
from comment_service.web.http.context import runtime
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.moderation.queue_views import require_moderator
from comment_service.web.readers import login_state
from comment_service.web.readers.login_state import LoginState
from comment_service.web.readers.login_window import render_page

_SIGNED_IN_BY_HOST = staff_sentence(
    "The website itself signs you in, so you moderate on its own pages without this window. On "
    "other addresses that needs an account of this service."
)
_NOT_STARTED = staff_sentence("This was not started on a page. Start again there.")
blueprint = Blueprint("in_place_window", __name__, url_prefix="/moderation/here")
blueprint.before_request(require_moderator)


@blueprint.get("/")
def show() -> str:
    """Ask whether the page that opened this window may act for the moderator."""
    return _page(_asked())


@blueprint.post("/")
def confirm() -> Response:
    """Grant it."""
    login = _asked()
    if not hmac.compare_digest(_entered_code(), code_of(login.challenge)):
        problem = _("This is not the code that the page shows.")
        raise RefusedWithPage(InvalidFields({"code": [problem]}), _page(login, problem))
    at = login.place
    with transaction() as current:
        in_place.grant(
            session=current,
            runtime=runtime(),
            moderator_id=g.moderator_id,
            session_id=g.session_id,
            site_id=at.site.id,
            origin=addresses.origin(at.url),
            challenge=login.challenge,
        )
    return redirect(url_for("confirmation.finished", **login.hidden), 303)  # type: ignore[arg-type]


def _entered_code() -> str:
    typed = request.form.get("code", "")[:100]
    return "".join(typed.split()).upper().encode("ascii", "replace").decode()


def _asked() -> LoginState:
    """Return the page and the challenge of the window.

    Raises:
        CommentNotFound: the moderator has no role on the site.
        NotAllowed: the host application signs the moderator in, so no session can end the token.
        StaleForm: no widget opened the window.
    """
    login = login_state.read(request.values)
    if not g.rights.moderates(login.place.site.id):
        raise CommentNotFound(rights.NOBODYS)
    if g.session_id is None:
        raise NotAllowed(_SIGNED_IN_BY_HOST)
    if not login.challenge:
        raise StaleForm(_NOT_STARTED)
    return login


def _page(login: LoginState, problem: str = "") -> str:
    return render_page(
        "moderation/in_place/window",
        login,
        name=g.moderator_name,
        page_origin=addresses.origin(login.url),
        hours=round(in_place_token.LIFETIME.total_seconds() / 3600),
        problem=problem,
    )
