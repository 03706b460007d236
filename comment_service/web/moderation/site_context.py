"""Shared parts of pages about one site: the selected site, the layout, paging."""

from flask import g, render_template, request, url_for

from comment_service.errors import SiteUnknown
from comment_service.storage.admin import rights, sites
from comment_service.storage.db.session import session
from comment_service.storage.tables import Site
from comment_service.web.http.context import language, runtime


def owned_site() -> Site:
    """Return the selected site among those that the moderator owns.

    Raises:
        SiteUnknown: they own no site with this key.
    """
    return requested_site(g.rights.owned)


def requested_site(allowed: frozenset[int] | None) -> Site:
    """Return the allowed site that the request names, or by default the first allowed one.

    The configured site is the preferred default; ``allowed`` None means every site.

    Raises:
        SiteUnknown: no allowed site has this key.
    """
    key = request.values.get("site") or ""
    found = sites.find(session(), key or runtime().settings.site)
    if found is not None and (allowed is None or found.id in allowed):
        return found
    first = None if key else next(iter(rights.allowed_sites(session(), allowed)), None)
    if first is None:
        raise SiteUnknown(
            "There is no site %(key)s; `comment-service site list` prints all.", key=key[:64]
        )
    return first


def render_page(template: str, **values: object) -> str:
    """Render a page with the language of the request."""
    code, direction = language()
    path = f"comments/{template}.html"
    return render_template(path, locale=code, direction=direction, **values)


def next_url(before: object, **values: object) -> str:
    """Return the URL of a list's next page of results, "" at its end."""
    if not before:
        return ""
    endpoint = request.endpoint or "filter.model"
    return url_for(endpoint, **{**(request.view_args or {}), "before": before, **values})
