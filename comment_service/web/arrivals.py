"""Where somebody goes who has just signed in, and how our own pages know them from then on."""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from comment_service.actions import sign_in
from comment_service.identity import Viewer
from comment_service.storage.session import session
from comment_service.storage.tables import Author, Identity
from comment_service.web import flows, present, visits
from comment_service.web.context import runtime
from comment_service.web.flows import Asked
from comment_service.web.letting_in import agent


def linking(remembered: Asked) -> Author | None:
    """Return the author to whose account an identity is added, None where somebody signs in."""
    return session().get(Author, remembered.link_to) if remembered.link_to else None


def landing(remembered: Asked) -> str:
    """Return where to go: the account of who came from there, else the thread."""
    at = remembered.place
    home = url_for("account.show", _external=True)
    if at.url.startswith(home):
        return url_for("account.show", site=at.site.key)
    return present.link(at, "thread_page") + "#respond"


def enter(remembered: Asked, identity: Identity, viewer: Viewer) -> Response:
    """Let somebody in on our own pages, and go where they were; within a transaction."""
    answer = redirect(landing(remembered), 303)
    return flows.forget(known(answer, identity, viewer), remembered)


def known(answer: Response, identity: Identity, viewer: Viewer | None = None) -> Response:
    """Have our own pages know somebody from this answer on; within a transaction."""
    token = sign_in.open_for(
        session=session(), runtime=runtime(), identity=identity, viewer=viewer, browser=agent()
    )
    return visits.remember(answer, identity.site_id, token)
