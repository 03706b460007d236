"""The page of an invitation: what it offers, and how new and known people accept it."""

from flask import make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service.actions.admin import invitation
from comment_service.actions.admin.login import check_password, refuse_sign_in
from comment_service.storage.admin import people
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Site
from comment_service.web.admin.team_forms import NewPersonForm
from comment_service.web.http.context import runtime
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.http.staff_session import (
    password_origin,
    render_page,
    start_session,
    user_agent,
)
from comment_service.web.http.viewer import current_session

NEW, KNOWN, HERE, OTHER = "new", "known", "here", "other"
"""Who opens the link: new; has an account; signed in with it; signed in with another one."""


def show(token: str) -> str:
    """Show the invitation; it stays valid."""
    return _page(token)


def _page(
    token: str,
    problem: str = "",
    values: dict[str, str] | None = None,
    errors: dict[str, list[str]] | None = None,
) -> str:
    offer = invitation.require_invitation(session(), runtime(), token).about
    site = session().get(Site, offer["site_id"]) if offer["site_id"] else None
    return render_page(
        "admin/invitation",
        offered=offer,
        site=site,
        who=_visitor_kind(offer["email"]),
        problem=problem,
        values=values if values is not None else {"name": offer["name"]},
        errors=errors or {},
    )


def _visitor_kind(email: str) -> str:
    """Return who opens the link."""
    session_here = current_session()
    signed_in = session_here.moderator if session_here else None
    if signed_in is not None:
        return HERE if signed_in.email.lower() == email.lower() else OTHER
    return NEW if people.find_moderator(session(), email) is None else KNOWN


@limited(SIGN_IN)
def accept(token: str) -> Response:
    """Accept the invitation: signed in, with an existing account's password, or as a new person."""
    who = _visitor_kind(invitation.require_invitation(session(), runtime(), token).about["email"])
    if who == NEW:
        return _accept_new(token)
    if who == KNOWN:
        return _accept_known(token)
    session_here = current_session()
    moderator_id = (session_here.moderator_id or 0) if session_here else 0
    session_id = session_here.id if session_here else 0
    with transaction() as current:
        invitation.accept_signed_in(
            session=current,
            runtime=runtime(),
            token=token,
            moderator_id=moderator_id,
            session_id=session_id,
        )
    return redirect(url_for("moderation.queue"), 303)


def _accept_new(token: str) -> Response:
    form = NewPersonForm()
    if not form.validate():
        values = {name: form[name].data or "" for name in form.RENDERED}
        return make_response(_page(token, values=values, errors=form.errors), 422)
    with transaction() as current:
        admitted = invitation.accept_new(
            session=current,
            runtime=runtime(),
            token=token,
            name=form.name.data,
            password=form.password.data,
            browser=user_agent(),
        )
    return start_session(admitted, "")


def _accept_known(token: str) -> Response:
    ticket = invitation.require_invitation(session(), runtime(), token)
    email, password = ticket.about["email"], request.form.get("password", "")[:1000]
    checked = check_password(session(), email, password)
    with transaction() as current:
        admitted = invitation.accept_known(
            session=current,
            runtime=runtime(),
            token=token,
            checked=checked,
            origin=password_origin(email),
            code=request.form.get("code", "")[:100],
            browser=user_agent(),
        )
    if not admitted.token:
        code = _("Or the code is missing or wrong.")
        return make_response(_page(token, f"{refuse_sign_in().message} {code}"), 403)
    return start_session(admitted, "")


ROUTES = (
    ("/invite/<token>", "invited", "GET", show),
    ("/invite/<token>", "accept", "POST", accept),
)
"""URL below the moderation pages, endpoint, method, view."""
