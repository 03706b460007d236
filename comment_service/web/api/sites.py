"""Operations on sites."""

from comment_service.web.api import present, shapes
from comment_service.web.api.caller import Caller


def list_sites(caller: Caller) -> shapes.SiteList:
    """List the sites of the key."""
    return shapes.SiteList(items=[present.site(row) for row in caller.sites()])


def get_site(caller: Caller, site_key: str) -> shapes.Site:
    """Get a site."""
    return present.site(caller.site(site_key))
