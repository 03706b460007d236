"""The overview: a site's last week, its trend, and where readers comment now."""

from flask import g

from comment_service.actions.moderation.overview import overview
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session
from comment_service.storage.moderation.overview import COUNTED, DECIDED, LOOKED
from comment_service.web.http.context import runtime
from comment_service.web.moderation import site_context


def show() -> str:
    """Show the last seven days of a site beside the previous seven."""
    site = site_context.requested_site(g.rights.sites)
    return site_context.render_page(
        "moderation/overview",
        view=overview(session=session(), runtime=runtime(), site=site),
        sites=rights.allowed_sites(session(), g.rights.sites),
        bounds={"counted": COUNTED, "looked": LOOKED, "decided": DECIDED},
    )


ROUTES = (("/week/", "week", "GET", show),)
"""URL below the moderation pages, endpoint, method, view."""
