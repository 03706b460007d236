"""The team page: who moderates which site, invitations, locks, change log."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.admin import invitation, login, throttle
from comment_service.actions.admin import team as acting
from comment_service.errors import InvalidFields
from comment_service.storage.admin import login_failures, rights, seats, sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Moderator, Seat, Site
from comment_service.web.admin.team_forms import InviteForm
from comment_service.web.http import messages
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.http.links import external_url_for
from comment_service.web.moderation.queue_views import require_owner
from comment_service.web.moderation.site_context import next_url, render_page

blueprint = Blueprint("team", __name__, url_prefix="/moderation/people")
blueprint.before_request(require_owner)
CHANGES_SHOWN = 10
"""Changes shown on the page itself; the change log has the rest."""


@blueprint.get("/")
def show() -> str:
    """List people with their roles, open invitations and the latest changes."""
    return _page()


def _sites() -> dict[str, str]:
    """Return key → name of the sites that the owner can give roles on; "" is every site."""
    names = {site.key: site.name for site in rights.allowed_sites(session(), g.rights.owned)}
    return {**names, "": "*"} if g.rights.owned is None else names


def _page(form: InviteForm | None = None, **more: Any) -> str:
    db, now = session(), runtime().now()
    found, following = seats.team_page(
        db, g.rights, before=id_argument("before"), limit=runtime().settings.page_size
    )
    latest, older = seats.changes(db, g.rights, before=None, limit=CHANGES_SHOWN)
    return render_page(
        "admin/team",
        people=found,
        locked=_locked([one.moderator for one in found]),
        next_url=url_for("team.show", before=following) if following else "",
        now=now,
        owns=lambda seat: seats.can_manage_role(g.rights, seat.site_id),
        is_last=lambda seat: seats.is_last_owner(db, seat),
        invitations=seats.invitations(db, g.rights, now),
        form=form or InviteForm.of(_sites(), formdata=None),
        changes=latest,
        older=bool(older),
        **more,
    )


def _locked(people: Sequence[Moderator]) -> set[int]:
    """Return the ids of those whose codes or passwords are refused for a while."""
    now = runtime().now()
    hashes = {throttle.address_hash(runtime(), one.email): one.id for one in people}
    waiting = login_failures.waiting(session(), hashes, now)
    locked = {one.id for one in people if one.locked_until and one.locked_until > now}
    return locked | {hashes[address] for address in waiting}


@blueprint.get("/changes")
def changes() -> str:
    """List role changes, newest first."""
    found, following = seats.changes(
        session(), g.rights, before=id_argument("before"), limit=runtime().settings.page_size
    )
    return render_page("admin/team_changes", changes=found, next_url=next_url(following))


@blueprint.post("/invite")
def invite() -> Response:
    """Create an invitation and show its link once."""
    names = _sites()
    form = InviteForm.of(names)
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
        form.email.errors = [messages.full_refusal_text(refusal)]
        return make_response(_page(form), 422)
    url = external_url_for("staff_login.invited", token=token)
    return make_response(_page(link=url, link_for=form.email.data, invited=True))


@blueprint.post("/invitations/<id:ticket_id>/revoke")
def revoke(ticket_id: int) -> Response:
    """Revoke an invitation."""
    with transaction() as current:
        invitation.revoke(
            session=current, runtime=runtime(), by=g.moderator_id, ticket_id=ticket_id
        )
    return _back()


@blueprint.post("/seats/<id:seat_id>/role")
def change_role(seat_id: int) -> Response:
    """Change a role; owners confirm that they give up their own."""
    role = request.form.get("role", "")
    if own := _unconfirmed_own(seat_id):
        return _ask(own, role)
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


@blueprint.post("/seats/<id:seat_id>/remove")
def remove(seat_id: int) -> Response:
    """Remove a person's role on a site; owners confirm that they give up their own."""
    if own := _unconfirmed_own(seat_id):
        return _ask(own)
    with transaction() as current:
        acting.remove_role(session=current, runtime=runtime(), by=g.moderator_id, seat_id=seat_id)
    return _back()


@blueprint.post("/<id:moderator_id>/unlock")
def unlock(moderator_id: int) -> Response:
    """Unlock an account."""
    with transaction() as current:
        acting.unlock(
            session=current, runtime=runtime(), by=g.moderator_id, moderator_id=moderator_id
        )
    return _back()


@blueprint.post("/<id:moderator_id>/link")
def link(moderator_id: int) -> Response:
    """Create a one-time sign-in link for a forgotten password, and show it once."""
    with transaction() as current:
        token = acting.create_link(
            session=current, runtime=runtime(), by=g.moderator_id, moderator_id=moderator_id
        )
    url = external_url_for(f"staff_login.{login.ENTER}", token=token)
    name = session().get_one(Moderator, moderator_id).name
    return make_response(_page(link=url, link_for=name, invited=False))


def _unconfirmed_own(seat_id: int) -> Seat | None:
    """Return the role if it is the owner's own and the form does not confirm the change."""
    seat = session().get(Seat, seat_id)
    if seat is None or seat.moderator_id != g.moderator_id or request.form.get("sure"):
        return None
    return seat if seats.can_manage_role(g.rights, seat.site_id) else None


def _ask(seat: Seat, role: str = "") -> Response:
    """Return the page that asks an owner to confirm that they give up their own role.

    The last owner of every site is refused before.
    """
    acting.require_other_owner(session(), seat)
    site = session().get(Site, seat.site_id) if seat.site_id else None
    return make_response(render_page("admin/own_role", seat=seat, site=site, role=role))


def _back() -> Response:
    """Redirect to the team page, or to the queue if the owner has given up their own role."""
    if request.form.get("sure"):
        return redirect(url_for("moderation.queue"), 303)
    return redirect(url_for("team.show"), 303)
