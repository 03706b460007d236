"""Sites and their origins: list, add, rename, remove; and origins that asked for comments."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.admin import embed_origins
from comment_service.actions.admin import sites as actions
from comment_service.errors import AlreadyDone, InvalidFields, SiteUnknown
from comment_service.storage.admin import rights
from comment_service.storage.admin import sites as stored
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import EmbedOrigin, Site
from comment_service.text.origins import is_pattern, is_registered
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("sites", __name__, url_prefix="/moderation/sites")
blueprint.before_request(require_owner)


@dataclass(frozen=True)
class OriginView:
    """A registered origin, and the page of it that asked for comments last; None for none yet."""

    origin: str
    is_pattern: bool
    seen: EmbedOrigin | None


@dataclass(frozen=True)
class SiteView:
    """A site with its origins, and the origins that are not registered and asked for comments."""

    site: Site
    origins: Sequence[OriginView]
    wanted: Sequence[EmbedOrigin]
    is_configured: bool  # it is the site of the settings and cannot be removed


@blueprint.get("/")
def show() -> str:
    """List the owner's sites."""
    return _page()


def _page(**more: object) -> str:
    """Return the page; ``at`` is the id of the site whose form is refused, 0 for a new site."""
    found = rights.allowed_sites(session(), g.rights.owned)
    return site_context.render_page(
        "admin/sites",
        sites=[_view(site) for site in found],
        everywhere=g.rights.owned is None,
        done=request.args.get("done"),
        values=request.form,
        **{"at": None, "errors": {}, **more},
    )


def _view(site: Site) -> SiteView:
    embeds = embed_origins.of_site(session=session(), runtime=runtime(), site=site)
    origins = [
        OriginView(
            origin,
            is_pattern(origin),
            next((one for one in embeds.found if is_registered(one.origin, [origin])), None),
        )
        for origin in site.origins
    ]
    return SiteView(site, origins, embeds.wanted, site.key == runtime().settings.site)


@blueprint.post("/")
def add() -> Response:
    """Add a site with its first origin."""
    typed = request.form.get("origin", "")
    try:
        with transaction() as current:
            actions.add_site(
                session=current,
                runtime=runtime(),
                by=g.moderator_id,
                key=request.form.get("key", ""),
                name=request.form.get("name", ""),
                origins=[typed] if typed.strip() else [],
            )
    except InvalidFields as refusal:
        return _refused(0, refusal)
    return _done("added")


@blueprint.post("/<id:site_id>/name")
def rename(site_id: int) -> Response:
    """Rename a site."""
    try:
        with transaction() as current:
            actions.rename_site(
                session=current,
                runtime=runtime(),
                by=g.moderator_id,
                site_id=site_id,
                name=request.form.get("name", ""),
            )
    except InvalidFields as refusal:
        return _refused(site_id, refusal)
    return _done("renamed")


@blueprint.post("/<id:site_id>/origins")
def add_origin(site_id: int) -> Response:
    """Register an origin."""
    try:
        with transaction() as current:
            actions.add_origin(
                session=current,
                runtime=runtime(),
                by=g.moderator_id,
                site_id=site_id,
                origin=request.form.get("origin", ""),
            )
    except InvalidFields as refusal:
        return _refused(site_id, refusal)
    except AlreadyDone as refusal:
        return _refused(site_id, InvalidFields({"origin": [refusal.message]}))
    return _done("origin")


@blueprint.post("/<id:site_id>/origins/remove")
def remove_origin(site_id: int) -> Response:
    """Remove an origin."""
    with transaction() as current:
        actions.remove_origin(
            session=current,
            runtime=runtime(),
            by=g.moderator_id,
            site_id=site_id,
            origin=request.form.get("origin", ""),
        )
    return _done("origin_removed")


@blueprint.post("/<id:site_id>/origins/ignore")
def ignore_origin(site_id: int) -> Response:
    """Do not ask again about an origin that wanted comments."""
    with transaction() as current:
        actions.ignore_origin(
            session=current,
            runtime=runtime(),
            by=g.moderator_id,
            site_id=site_id,
            origin=request.form.get("origin", ""),
        )
    return _done("ignored")


@blueprint.get("/<id:site_id>/remove")
def ask_remove(site_id: int) -> str:
    """Ask to confirm that a site goes with everything on it."""
    return _ask_page(site_id)


def _ask_page(site_id: int, **more: object) -> str:
    site = session().get(Site, site_id)
    if site is None or not g.rights.owns(site.id):
        raise SiteUnknown(actions.NO_SUCH_SITE)
    most = actions.DELETED_AT_ONCE
    return site_context.render_page(
        "admin/remove_site",
        site=site,
        comments=stored.count_comments(session(), site.id, limit=most + 1),
        most=most,
        **{"errors": {}, **more},
    )


@blueprint.post("/<id:site_id>/remove")
def remove(site_id: int) -> Response:
    """Remove a site, if its name was typed."""
    try:
        with transaction() as current:
            actions.remove_site(
                session=current,
                runtime=runtime(),
                by=g.moderator_id,
                site_id=site_id,
                typed=request.form.get("typed", ""),
            )
    except InvalidFields as refusal:
        return make_response(_ask_page(site_id, errors=messages.field_errors(refusal)), 422)
    return _done("removed")


def _refused(site_id: int, refusal: InvalidFields) -> Response:
    return make_response(_page(at=site_id, errors=messages.field_errors(refusal)), 422)


def _done(what: str) -> Response:
    return redirect(url_for("sites.show", done=what), 303)
