"""The saved replies of a site: list, add, change, delete."""

from flask import g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.moderation import saved_reply
from comment_service.errors import InvalidFields
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import notes
from comment_service.storage.tables import Site
from comment_service.web.http import messages
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.moderation.site_context import render_page, requested_site


def _site() -> Site:
    return requested_site(g.rights.sites)


def show() -> str:
    """List a site's saved replies."""
    return _page(_site())


def _page(site: Site, problem: str = "", reply_id: int | None = None) -> str:
    found, following = notes.saved_replies(
        session(), site.id, before=id_argument("before"), limit=runtime().settings.page_size
    )
    return render_page(
        "moderation/saved_replies",
        site=site,
        sites=rights.allowed_sites(session(), g.rights.sites),
        replies=found,
        next_url=url_for("moderation.replies", site=site.key, before=following)
        if following
        else "",
        problem=problem,
        reply_id=reply_id,
        typed=request.form,
        max_length=runtime().settings.max_length,
    )


def add() -> Response:
    """Save a reply."""
    return _save(None)


def change(reply_id: int) -> Response:
    """Change a saved reply."""
    return _save(reply_id)


def _save(reply_id: int | None) -> Response:
    site = _site()
    site_id, key = site.id, site.key
    try:
        with transaction() as current:
            saved_reply.save(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                site_id=site_id,
                name=request.form.get("name", ""),
                text=request.form.get("text", ""),
                reply_id=reply_id,
            )
    except InvalidFields as refusal:
        return make_response(_page(_site(), messages.full_refusal_text(refusal), reply_id), 422)
    return redirect(url_for("moderation.replies", site=key), 303)


def remove(reply_id: int) -> Response:
    """Delete a saved reply."""
    site = _site()
    site_id, key = site.id, site.key
    with transaction() as current:
        saved_reply.remove(
            session=current, moderator_id=g.moderator_id, site_id=site_id, reply_id=reply_id
        )
    return redirect(url_for("moderation.replies", site=key), 303)


ROUTES = (
    ("/replies/", "replies", "GET", show),
    ("/replies/", "add_reply", "POST", add),
    ("/replies/<id:reply_id>", "change_reply", "POST", change),
    ("/replies/<id:reply_id>/remove", "remove_reply", "POST", remove),
)
"""URL below the moderation pages, endpoint, method, view."""
