"""Where somebody goes who has just signed in, and how our own pages know them from then on."""

import hmac

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.readers import sign_in
from comment_service.errors import LinkSpent
from comment_service.identity import Viewer
from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Identity, Session, Site
from comment_service.web.comments import presenters
from comment_service.web.http import visitor_cookie
from comment_service.web.http.context import runtime
from comment_service.web.http.staff_session import agent
from comment_service.web.http.viewer import visitor_session
from comment_service.web.readers import login_state
from comment_service.web.readers.login_state import Asked


def link_token(here: Session) -> str:
    """Return what shows that it is the account's own page that adds an identity to it.

    Without it another website could have a reader's browser add that website's identity.
    """
    return runtime().keyed_hash("link", f"{here.author_id} {here.family}")


def link_to(site: Site) -> int:
    """Return the author who adds an identity to their account, 0 where somebody signs in."""
    shown, here = request.values.get("link", ""), visitor_session(site.id)
    if not shown or here is None or here.identity_id is None:
        return 0
    fine = hmac.compare_digest(shown.encode(), link_token(here).encode())
    return here.author_id or 0 if fine else 0


def linking(remembered: Asked) -> Author | None:
    """Return the author to whose account an identity is added, None where somebody signs in.

    Raises:
        LinkSpent: this browser is logged out of that account by now.
    """
    if not remembered.link_to:
        return None
    here = visitor_session(remembered.place.site.id)
    if here is None or here.identity_id is None or here.author_id != remembered.link_to:
        raise LinkSpent(login_state.LATE)
    return here.author


def landing(remembered: Asked) -> str:
    """Return where to go: the account of who came from there, else the thread."""
    at = remembered.place
    if login_state.leads_home(at.url):
        return url_for("account.show", site=at.site.key)
    return presenters.link(at, "thread_page") + "#respond"


def enter(remembered: Asked, identity: Identity, viewer: Viewer) -> Response:
    """Let somebody in on our own pages, and go where they were; within a transaction."""
    answer = redirect(landing(remembered), 303)
    return login_state.forget(known(answer, identity, viewer), remembered)


def known(
    answer: Response, identity: Identity, viewer: Viewer | None = None, sign_in_id: int = 0
) -> Response:
    """Have our own pages know somebody from this answer on; within a transaction.

    With a sign-in that a widget claims, logging out there is logging out here.
    """
    token = sign_in.open_for(
        session=session(),
        runtime=runtime(),
        identity=identity,
        viewer=viewer,
        browser=agent(),
        family=sign_in.family_of(runtime(), sign_in_id) if sign_in_id else "",
    )
    return visitor_cookie.remember(answer, identity.site_id, token)
