"""The URL at which readers subscribe to a page's comments."""

from flask import url_for

from comment_service.actions.comments.request_subscription import subscriptions_available
from comment_service.web.http.context import runtime
from comment_service.web.http.place import PageRef


def subscribe_url(at: PageRef) -> str:
    """Return the URL to subscribe to a page without commenting, "" if subscriptions are off."""
    if not subscriptions_available(runtime()):
        return ""
    return url_for("subscribe.show", site=at.site.key, url=at.url)
