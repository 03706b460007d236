"""Sites and their origins: list, add, rename, remove; and origins that asked for comments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

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
    typed = _sent("origin")
    return _apply(
        "added",
        actions.add_site,
        partial(_page, at=0),
        key=_sent("key"),
        name=_sent("name"),
        origins=[typed] if typed.strip() else [],
    )


@blueprint.post("/<id:site_id>/name")
def rename(site_id: int) -> Response:
    """Rename a site."""
    page = partial(_page, at=site_id)
    return _apply("renamed", actions.rename_site, page, site_id=site_id, name=_sent("name"))


@blueprint.post("/<id:site_id>/origins")
def add_origin(site_id: int) -> Response:
    """Register an origin."""
    page = partial(_page, at=site_id)
    try:
        return _apply("origin", actions.add_origin, page, site_id=site_id, origin=_sent("origin"))
    except AlreadyDone as refusal:
        return _refused(page, InvalidFields({"origin": [refusal.message]}))


@blueprint.post("/<id:site_id>/origins/remove")
def remove_origin(site_id: int) -> Response:
    """Remove an origin."""
    page = partial(_page, at=site_id)
    return _apply(
        "origin_removed", actions.remove_origin, page, site_id=site_id, origin=_sent("origin")
    )


@blueprint.post("/<id:site_id>/origins/ignore")
def ignore_origin(site_id: int) -> Response:
    """Do not ask again about an origin that wanted comments."""
    page = partial(_page, at=site_id)
    return _apply("ignored", actions.ignore_origin, page, site_id=site_id, origin=_sent("origin"))


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
    page = partial(_ask_page, site_id)
    return _apply("removed", actions.remove_site, page, site_id=site_id, typed=_sent("typed"))


def _sent(name: str) -> str:
    return request.form.get(name, "")


def _apply(
    done: str, action: Callable[..., object], page: Callable[..., str], **values: object
) -> Response:
    """Run an action on a site, and show the sites again, or ``page`` with what is refused."""
    try:
        with transaction() as current:
            action(session=current, runtime=runtime(), by=g.moderator_id, **values)
    except InvalidFields as refusal:
        return _refused(page, refusal)
    return redirect(url_for("sites.show", done=done), 303)


def _refused(page: Callable[..., str], refusal: InvalidFields) -> Response:
    return make_response(page(errors=messages.field_errors(refusal)), 422)
