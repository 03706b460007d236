"""What the owner's pages share: which site they are about, their frame, the way onwards."""

from flask import g, render_template, request, url_for

from comment_service.errors import SiteUnknown
from comment_service.storage.admin import rights, sites
from comment_service.storage.db.session import session
from comment_service.storage.tables import Site
from comment_service.web.http.context import language, runtime


def site() -> Site:
    """Return the site that the page is about, one that the asker owns.

    Raises:
        SiteUnknown: there is none with this key among them.
    """
    return site_of(g.rights.owned)


def site_of(allowed: frozenset[int] | None) -> Site:
    """Return the site that the request names among the allowed, else the first of them.

    The configured site stands before the others; ``allowed`` None is every site.

    Raises:
        SiteUnknown: there is none with this key among them.
    """
    key = request.values.get("site") or ""
    found = sites.find(session(), key or runtime().settings.site)
    if found is not None and (allowed is None or found.id in allowed):
        return found
    first = None if key else next(iter(rights.sites(session(), allowed)), None)
    if first is None:
        raise SiteUnknown(f"There is no site {key[:64]}; `comment-service site list` prints all.")
    return first


def page(template: str, **values: object) -> str:
    """Return one of the owner's pages."""
    code, direction = language()
    path = f"comments/{template}.html"
    return render_template(path, locale=code, direction=direction, **values)


def next_url(before: object, **values: object) -> str:
    """Return the address of a list's next stretch, "" at its end."""
    if not before:
        return ""
    endpoint = request.endpoint or "owner.model"
    return url_for(endpoint, **{**(request.view_args or {}), "before": before, **values})
