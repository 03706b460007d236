"""The token with which a widget on a site's page acts for a moderator.

It is signed and names the moderator's session, the site and the origin of the page. So it ends with
the session, and it does nothing on another site, on another origin or as a cookie. What the
moderator may do is looked up at every request.
"""

from datetime import timedelta

from itsdangerous import BadData, URLSafeSerializer

from comment_service.actions.moderation.in_place import Grant
from comment_service.actions.moderation.reply import staff_viewer
from comment_service.errors import SignInRequired
from comment_service.identity import Viewer
from comment_service.storage.admin import people, rights
from comment_service.storage.db.session import session
from comment_service.storage.tables import Moderator, Site
from comment_service.text.sentences import staff_sentence
from comment_service.web.http import place
from comment_service.web.http.context import runtime
from comment_service.web.http.viewer import bearer_token, client_network, current_moderator

LIFETIME = timedelta(hours=8)
SIGN_IN = staff_sentence("Sign in to moderate.")
OWN_SIGN_IN = "own"
"""Instead of a token, on pages of our own host: their cookie says who moderates."""


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(runtime().secret, salt="comments moderate in place")


def issue(granted: Grant, site: Site) -> str:
    """Return the token for what a moderator granted."""
    until = (runtime().now() + LIFETIME).timestamp()
    return str(_signer().dumps([granted.session_id, site.id, granted.origin, until]))


def moderator_here(site: Site) -> Moderator | None:
    """Return the moderator of this site who sends the request from one of its pages."""
    return _moderator(site, bearer_token() or OWN_SIGN_IN)


def writer(site: Site, token: str) -> Viewer:
    """Return the moderator of this site who writes a comment with a token, as a viewer.

    Raises:
        SignInRequired: the token is not or no longer valid; the comment must not become a guest's.
    """
    found = _moderator(site, token)
    if found is None:
        raise SignInRequired(SIGN_IN)
    return staff_viewer(session(), found, site, client_network())


def _moderator(site: Site, token: str) -> Moderator | None:
    """Return a token's moderator, or who is signed in on a page of this host."""
    if token == OWN_SIGN_IN:
        found = current_moderator() if place.is_same_host() else None
    else:
        found = _of_token(site, token)
    if found is None or not rights.rights_of(session(), found.id).moderates(site.id):
        return None
    return found


def _of_token(site: Site, token: str) -> Moderator | None:
    try:
        session_id, site_id, origin, until = _signer().loads(token)
    except (BadData, ValueError, TypeError):
        return None
    now = runtime().now()
    if site_id != site.id or now.timestamp() >= until or not place.is_sent_from(origin):
        return None
    found = people.find_staff_session(session(), session_id, now)
    return found.moderator if found else None
