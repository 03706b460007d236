"""What a widget asks for on its way through a sign-in: its token, and the end of it."""

import re
import secrets

from flask import Blueprint, jsonify, redirect
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service.actions.readers import sign_in
from comment_service.actions.readers.rotate_token import end_all
from comment_service.errors import NotProven, StaleForm
from comment_service.identity import ProviderError, signed_sso
from comment_service.storage.db.session import transaction
from comment_service.web.comments import presenters
from comment_service.web.http import place, visitor_cookie
from comment_service.web.http.context import runtime, wants_json
from comment_service.web.http.rate_limits import CLAIMS, SIGN_IN, limiter
from comment_service.web.http.staff_session import agent
from comment_service.web.http.viewer import current_viewer, visitor_session

_NO_SSO = "This site takes no log-in of the website's own: set COMMENTS_SSO_SECRET."
claims = Blueprint("claims", __name__)
_VERIFIER = re.compile(r"[A-Za-z0-9_-]{43,128}")


@claims.get("/sign-in/pair")
@limiter.limit(CLAIMS)
def pair() -> Response:
    """Make verifier and challenge for a page that cannot: browsers hash on secure pages alone."""
    verifier = secrets.token_urlsafe(32)
    answer = jsonify(verifier=verifier, challenge=sign_in.challenge_of(verifier))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@claims.post("/sign-in/claim")
@limiter.limit(CLAIMS)
def claim() -> Response:
    """Give a widget the token of who signed in in its window; until then, the code to compare."""
    values = place.sent()
    at = place.place(values)
    place.same_origin(at.site)
    verifier = values.get("verifier", "")
    if not _VERIFIER.fullmatch(verifier):
        raise StaleForm(_("This sign-in was not begun here. Start it again."))
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        claimed = sign_in.claim(
            session=current,
            runtime=runtime(),
            site=at.site,
            verifier=verifier,
            viewer=viewer,
            browser=agent(),
        )
    code = sign_in.code_of(sign_in.challenge_of(verifier))
    answer = jsonify(visitor=claimed.token, waiting=not claimed.token, code=code)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@claims.post("/sign-in/sso")
@limiter.limit(SIGN_IN)
def sso() -> Response:
    """Sign in with what the website's own log-in signed."""
    values = place.sent()
    at = place.place(values)
    place.same_origin(at.site)
    secret, state = runtime().settings.sso_secret, runtime()
    if not secret:
        raise NotProven(_NO_SSO)
    try:
        now = state.now().timestamp
        person, roles = signed_sso.read(values.get("token", ""), secret, at.site.key, now)
    except ProviderError as error:
        raise NotProven(str(error)) from error
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        identity = sign_in.prove(
            session=current, runtime=state, site=at.site, provider=signed_sso.SSO, person=person
        )
        identity.moderator = signed_sso.MODERATOR in roles
        identity.writer = signed_sso.AUTHOR in roles
        identity.author.name = person.name or identity.author.name or person.subject[:80]
        token = sign_in.open_for(
            session=current, runtime=state, identity=identity, viewer=viewer, browser=agent()
        )
    answer = jsonify(visitor=token)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@claims.post("/sign-out")
def sign_out() -> Response:
    """End a sign-in, with every token that came of it."""
    values = place.sent()
    at = place.place(values)
    place.same_origin(at.site)
    here = visitor_session(at.site.id)
    if here is not None and here.family:
        family = here.family
        with transaction() as current:
            end_all(session=current, runtime=runtime(), family=family)
    answer: Response = jsonify(signed_out=True)
    if not wants_json():
        answer = redirect(presenters.link(at, "thread_page") + "#respond", 303)
    return visitor_cookie.forget(answer, at.site.id) if place.from_here() else answer
