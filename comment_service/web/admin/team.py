"""The owner's page of people: who moderates which site, invitations, locks, what was changed."""

from typing import Any

from flask import Blueprint, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.admin import invitation, login
from comment_service.actions.admin import team as acting
from comment_service.errors import InvalidFields
from comment_service.storage.admin import rights, seats, sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Moderator
from comment_service.web.admin.team_forms import InviteForm
from comment_service.web.http.context import number, runtime
from comment_service.web.moderation.queue_views import only_owners
from comment_service.web.moderation.site_context import next_url, page

people = Blueprint("people", __name__, url_prefix="/moderation/people")
people.before_request(only_owners)
SHORT = 10
"""Changes on the page itself; their own page has the others."""


@people.get("/")
def show() -> str:
    """List people with their seats, the open invitations and what was changed lately."""
    return _page()


def _sites() -> dict[str, str]:
    """Return key → name of the sites whose seats the asker gives; "" is every site."""
    named = {site.key: site.name for site in rights.sites(session(), g.rights.owned)}
    return {**named, "": "*"} if g.rights.owned is None else named


def _page(form: InviteForm | None = None, **more: Any) -> str:
    db, now = session(), runtime().now()
    found, following = seats.stretch(
        db, g.rights, before=number("before"), limit=runtime().settings.page_size
    )
    changes, older = seats.changes(db, g.rights, before=None, limit=SHORT)
    return page(
        "admin/team",
        people=found,
        next_url=url_for("people.show", before=following) if following else "",
        now=now,
        owns=lambda seat: seats.owns_seat(g.rights, seat.site_id),
        invitations=seats.invitations(db, g.rights, now),
        form=form or InviteForm.of(_sites(), formdata=None),
        changes=changes,
        older=bool(older),
        **more,
    )


@people.get("/changes")
def changes() -> str:
    """List who let whom in or out, newest first."""
    found, following = seats.changes(
        session(), g.rights, before=number("before"), limit=runtime().settings.page_size
    )
    return page("admin/team_changes", changes=found, next_url=next_url(following))


@people.post("/invite")
def invite() -> Response:
    """Make an invitation and show its link, this once."""
    known = _sites()
    form = InviteForm.of(known)
    if not form.validate():
        return make_response(_page(form), 422)
    site = sites.find(session(), form.where.data) if form.where.data else None
    site_id = site.id if site else None
    try:
        with transaction() as current:
            token = invitation.invite(
                session=current,
                runtime=runtime(),
                by=g.moderator_id,
                email=form.email.data.strip(),
                name=" ".join((form.name.data or "").split()),
                role=form.role.data,
                site_id=site_id,
            )
    except InvalidFields as refusal:
        form.email.errors = [refusal.told]
        return make_response(_page(form), 422)
    link = url_for("signin.invited", token=token, _external=True)
    return make_response(_page(link=link, link_for=form.email.data, invited=True))


@people.post("/invitations/<id:ticket_id>/revoke")
def revoke(ticket_id: int) -> Response:
    """Take an invitation back."""
    with transaction() as current:
        invitation.revoke(
            session=current, runtime=runtime(), by=g.moderator_id, ticket_id=ticket_id
        )
    return _back()


@people.post("/seats/<id:seat_id>/role")
def change_role(seat_id: int) -> Response:
    """Give a seat another role."""
    role = request.form.get("role", "")
    with transaction() as current:
        acting.change_role(
            session=current,
            runtime=runtime(),
            by=g.moderator_id,
            seat_id=seat_id,
            role=role,
            session_id=g.session_id,
        )
    return _back()


@people.post("/seats/<id:seat_id>/remove")
def remove(seat_id: int) -> Response:
    """Take a seat away."""
    with transaction() as current:
        acting.remove(session=current, runtime=runtime(), by=g.moderator_id, seat_id=seat_id)
    return _back()


@people.post("/<id:moderator_id>/unlock")
def unlock(moderator_id: int) -> Response:
    """Open a lock."""
    with transaction() as current:
        acting.unlock(
            session=current, runtime=runtime(), by=g.moderator_id, moderator_id=moderator_id
        )
    return _back()


@people.post("/<id:moderator_id>/link")
def link(moderator_id: int) -> Response:
    """Make a one-time link for who forgot the password, and show it, this once."""
    with transaction() as current:
        token = acting.link(
            session=current, runtime=runtime(), by=g.moderator_id, moderator_id=moderator_id
        )
    found = url_for(f"signin.{login.ENTER}", token=token, _external=True)
    name = session().get_one(Moderator, moderator_id).name
    return make_response(_page(link=found, link_for=name, invited=False))


def _back() -> Response:
    """Go back to the page, or out where one took the own seat."""
    return redirect(url_for("people.show"), 303)
