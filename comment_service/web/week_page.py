"""The overview: a site's week, its trend, and where people talk now."""

from flask import g

from comment_service.actions.overview import overview
from comment_service.storage import rights
from comment_service.storage.session import session
from comment_service.storage.week import COUNTED, DECIDED, LOOKED
from comment_service.web import owner_frame
from comment_service.web.context import runtime


def show() -> str:
    """Show the last seven days of a site beside the seven before."""
    site = owner_frame.site_of(g.rights.sites)
    return owner_frame.page(
        "week",
        view=overview(session=session(), runtime=runtime(), site=site),
        sites=rights.sites(session(), g.rights.sites),
        bounds={"counted": COUNTED, "looked": LOOKED, "decided": DECIDED},
    )


ROUTES = (("/week/", "week", "GET", show),)
"""Address below the moderation pages, endpoint, method, view."""
