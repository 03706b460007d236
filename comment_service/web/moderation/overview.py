"""The overview: a site's last week, its trend, and where readers comment now."""

from datetime import timedelta

from flask import g

from comment_service.actions.admin import backup, embed_origins, first_steps
from comment_service.actions.moderation.overview import overview
from comment_service.actions.pages.embed_check import SHARED_NETWORK
from comment_service.storage.admin import rights, webhooks
from comment_service.storage.comments import author_history
from comment_service.storage.db.session import session
from comment_service.storage.moderation.overview import COUNTED, DECIDED, LOOKED
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.http.proxy import untrusted_proxy_warning
from comment_service.web.moderation import site_context

WEBHOOK_FAILS = timedelta(hours=1)
"""Time after which a failing webhook is shown."""


def show() -> str:
    """Show the last seven days of a site beside the previous seven."""
    site = site_context.requested_site(g.rights.sites)
    everywhere = g.rights.owned is None  # backups are of the server
    return site_context.render_page(
        "moderation/overview",
        view=overview(session=session(), runtime=runtime(), site=site),
        sites=rights.allowed_sites(session(), g.rights.sites),
        bounds={"counted": COUNTED, "looked": LOOKED, "decided": DECIDED},
        warning=_proxy_warning(site.id),
        broken_webhooks=webhooks.broken(
            session(), site_id=site.id, failing_before=runtime().now() - WEBHOOK_FAILS
        )
        if g.rights.owns(site.id)
        else (),
        steps=first_steps.of_site(session=session(), runtime=runtime(), site=site)
        if g.rights.owns(site.id)
        else None,
        wanted=embed_origins.of_site(session=session(), runtime=runtime(), site=site).wanted
        if g.rights.owns(site.id)
        else (),
        backup=backup.status(session=session(), runtime=runtime()) if everywhere else None,
    )


def _proxy_warning(site_id: int) -> str:
    """Return which proxy to configure, if readers look as if they had one address."""
    warning = untrusted_proxy_warning(runtime())
    since = runtime().now() - timedelta(days=1)
    if not warning and author_history.all_share_a_network(session(), site_id, since):
        return " ".join(map(messages.told, (SHARED_NETWORK.sentence, SHARED_NETWORK.remedy)))
    return messages.told(warning)


ROUTES = (("/week/", "week", "GET", show),)
"""URL below the moderation pages, endpoint, method, view."""
