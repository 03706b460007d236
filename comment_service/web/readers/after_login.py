"""The end of a sign-in: where it leads, and the cookie that identifies the reader from then on."""

import hmac

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.readers import sign_in
from comment_service.errors import LinkExpired
from comment_service.identity import Viewer
from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Identity, Session, Site
from comment_service.web.comments import presenters
from comment_service.web.http import visitor_cookie
from comment_service.web.http.context import runtime
from comment_service.web.http.staff_session import user_agent
from comment_service.web.http.viewer import visitor_session
from comment_service.web.readers import login_state
from comment_service.web.readers.login_state import LoginState


def link_token(reader_session: Session) -> str:
    """Return the token that proves that the account page itself starts adding an identity.

    Without it another website could make a reader's browser add that website's identity.
    """
    return runtime().keyed_hash("link", f"{reader_session.author_id} {reader_session.family}")


def linking_author_id(site: Site) -> int:
    """Return the id of the author who adds an identity to their account, 0 for a normal sign-in."""
    token, reader_session = request.values.get("link", ""), visitor_session(site.id)
    if not token or reader_session is None or reader_session.identity_id is None:
        return 0
    valid = hmac.compare_digest(token.encode(), link_token(reader_session).encode())
    return reader_session.author_id or 0 if valid else 0


def linking_author(login: LoginState) -> Author | None:
    """Return the author to whose account an identity is added, None for a normal sign-in.

    Raises:
        LinkSpent: this browser has been signed out of that account in the meantime.
    """
    if not login.link_to:
        return None
    reader_session = visitor_session(login.place.site.id)
    if (
        reader_session is None
        or reader_session.identity_id is None
        or reader_session.author_id != login.link_to
    ):
        raise LinkExpired(login_state.EXPIRED)
    return reader_session.author


def landing_url(login: LoginState) -> str:
    """Return the URL to go to: the account page if the sign-in started there, else the thread."""
    at = login.place
    if login_state.is_account_url(at.url):
        return url_for("account.show", site=at.site.key)
    return presenters.thread_url(at, "thread_page") + "#respond"


def sign_in_here(login: LoginState, identity: Identity, viewer: Viewer) -> Response:
    """Sign a reader in on our own pages and redirect them back; call it within a transaction."""
    answer = redirect(landing_url(login), 303)
    return login_state.clear(set_session_cookie(answer, identity, viewer), login)


def set_session_cookie(
    answer: Response, identity: Identity, viewer: Viewer | None = None, sign_in_id: int = 0
) -> Response:
    """Set the cookie that identifies the reader on our own pages; call it within a transaction.

    With a sign-in that a widget claims, both sessions share a family: a sign-out ends both.
    """
    token = sign_in.open_session(
        session=session(),
        runtime=runtime(),
        identity=identity,
        viewer=viewer,
        browser=user_agent(),
        family=sign_in.session_family(runtime(), sign_in_id) if sign_in_id else "",
    )
    return visitor_cookie.set_visitor_cookie(answer, identity.site_id, token)
