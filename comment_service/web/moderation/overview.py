"""The overview: a site's last week, its trend, and where readers comment now."""

from datetime import timedelta

from flask import g

from comment_service.actions.moderation.overview import overview
from comment_service.actions.pages.embed_check import SHARED_NETWORK
from comment_service.storage.admin import rights
from comment_service.storage.comments import author_history
from comment_service.storage.db.session import session
from comment_service.storage.moderation.overview import COUNTED, DECIDED, LOOKED
from comment_service.web.http.context import runtime
from comment_service.web.http.proxy import untrusted_proxy_warning
from comment_service.web.moderation import site_context


def show() -> str:
    """Show the last seven days of a site beside the previous seven."""
    site = site_context.requested_site(g.rights.sites)
    return site_context.render_page(
        "moderation/overview",
        view=overview(session=session(), runtime=runtime(), site=site),
        sites=rights.allowed_sites(session(), g.rights.sites),
        bounds={"counted": COUNTED, "looked": LOOKED, "decided": DECIDED},
        warning=_proxy_warning(site.id),
    )


def _proxy_warning(site_id: int) -> str:
    """Return which proxy to configure, if readers look as if they had one address."""
    warning = untrusted_proxy_warning(runtime())
    since = runtime().now() - timedelta(days=1)
    if not warning and author_history.all_share_a_network(session(), site_id, since):
        return f"{SHARED_NETWORK.sentence} {SHARED_NETWORK.remedy}"
    return warning


ROUTES = (("/week/", "week", "GET", show),)
"""URL below the moderation pages, endpoint, method, view."""
