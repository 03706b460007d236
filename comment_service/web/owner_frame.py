"""What the owner's pages share: which site they are about, their frame, the way onwards."""

from flask import render_template, request, url_for

from comment_service.errors import SiteUnknown
from comment_service.storage import sites
from comment_service.storage.session import session
from comment_service.storage.tables import Site
from comment_service.web.context import language, runtime


def site() -> Site:
    """Return the site that the page is about.

    Raises:
        SiteUnknown: there is none with this key.
    """
    key = request.values.get("site") or runtime().settings.site
    found = sites.find(session(), key)
    if found is None:
        raise SiteUnknown(f"There is no site {key[:64]}; `comment-service site list` prints all.")
    return found


def page(template: str, **values: object) -> str:
    """Return one of the owner's pages."""
    code, direction = language()
    path = f"comments/moderation/{template}.html"
    return render_template(path, locale=code, direction=direction, **values)


def next_url(before: object, **values: object) -> str:
    """Return the address of a list's next stretch, "" at its end."""
    if not before:
        return ""
    endpoint = request.endpoint or "owner.model"
    return url_for(endpoint, **{**(request.view_args or {}), "before": before, **values})
