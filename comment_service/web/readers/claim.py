"""JSON endpoints of the widget's sign-in: PKCE pair, claim, single sign-on, sign-out."""

import re
import secrets

from flask import Blueprint, jsonify, redirect
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service.actions.moderation import in_place
from comment_service.actions.readers import sign_in
from comment_service.actions.readers.rotate_token import end_all
from comment_service.errors import IdentityNotVerified, StaleForm
from comment_service.identity import ProviderError, signed_sso
from comment_service.screening import model_cache
from comment_service.storage.db.session import session, transaction
from comment_service.web.comments import presenters
from comment_service.web.http import body, in_place_token, place, visitor_cookie
from comment_service.web.http.context import runtime, wants_json
from comment_service.web.http.rate_limits import CLAIMS, SIGN_IN, limited
from comment_service.web.http.staff_session import user_agent
from comment_service.web.http.viewer import current_viewer, visitor_session

_NO_SSO = "This site takes no log-in of the website's own: set COMMENTS_SSO_SECRET."
blueprint = Blueprint("claim", __name__)
_VERIFIER = re.compile(r"[A-Za-z0-9_-]{43,128}")


@blueprint.get("/sign-in/pair")
@limited(CLAIMS)
def pair() -> Response:
    """Return a verifier and its challenge, for pages without HTTPS: browsers cannot hash there."""
    verifier = secrets.token_urlsafe(32)
    answer = jsonify(verifier=verifier, challenge=sign_in.challenge_of(verifier))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/sign-in/claim")
@limited(CLAIMS)
def claim() -> Response:
    """Return the token after the sign-in in the window; before that, the code to compare.

    The window can sign in a reader (``visitor``), or let a moderator decide here (``moderator``).
    """
    values = body.read_values()
    at = place.page_ref(values)
    place.require_known_origin(at.site)
    verifier = values.get("verifier", "")
    if not _VERIFIER.fullmatch(verifier):
        raise StaleForm(_("This sign-in was not started here. Start again."))
    viewer = current_viewer(at.site.id)
    model_cache.warm(session(), runtime(), at.site.id)  # a guest's held comments are rescreened
    with transaction() as current:
        granted = in_place.claim(
            session=current, runtime=runtime(), site_id=at.site.id, verifier=verifier
        )
        claimed = sign_in.claim(
            session=current,
            runtime=runtime(),
            site=at.site,
            verifier=verifier,
            viewer=viewer,
            browser=user_agent(),
        )
    code = sign_in.code_of(sign_in.challenge_of(verifier))
    answer = jsonify(
        visitor=claimed.token,
        moderator=in_place_token.issue(granted, at.site) if granted else "",
        waiting=not claimed.token and granted is None,
        code=code,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/sign-in/sso")
@limited(SIGN_IN)
def sso() -> Response:
    """Sign a reader in with a token signed by the website's own log-in."""
    values = body.read_values()
    at = place.page_ref(values)
    place.require_known_origin(at.site)
    secret, state = runtime().settings.sso_secret, runtime()
    if not secret:
        raise IdentityNotVerified(_NO_SSO)
    try:
        now = state.now().timestamp
        person, roles = signed_sso.verify_token(values.get("token", ""), secret, at.site.key, now)
    except ProviderError as error:
        raise IdentityNotVerified(str(error)) from error
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        identity = sign_in.prove(
            session=current, runtime=state, site=at.site, provider=signed_sso.SSO, person=person
        )
        identity.moderator = signed_sso.MODERATOR in roles
        identity.writer = signed_sso.AUTHOR in roles
        identity.author.name = person.name or identity.author.name or person.subject[:80]
        token = sign_in.open_session(
            session=current, runtime=state, identity=identity, viewer=viewer, browser=user_agent()
        )
    answer = jsonify(visitor=token)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End a sign-in with all its tokens."""
    values = body.read_values()
    at = place.page_ref(values)
    place.require_known_origin(at.site)
    reader_session = visitor_session(at.site.id)
    if reader_session is not None and reader_session.family:
        family = reader_session.family
        with transaction() as current:
            end_all(session=current, runtime=runtime(), family=family)
    answer: Response = jsonify(signed_out=True)
    if not wants_json():
        answer = redirect(presenters.thread_url(at, "thread_page") + "#respond", 303)
    return (
        visitor_cookie.delete_visitor_cookie(answer, at.site.id) if place.is_same_host() else answer
    )
