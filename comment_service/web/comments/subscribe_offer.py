"""Whether readers can be told of new comments by mail here, and where they ask for it."""

from flask import url_for

from comment_service.actions.comments.request_subscription import subscriptions_available
from comment_service.web.http.context import runtime
from comment_service.web.http.place import Place


def subscribe_url(at: Place) -> str:
    """Return where one subscribes to a page without commenting, "" where nobody can."""
    if not subscriptions_available(runtime()):
        return ""
    return url_for("subscribing.show", site=at.site.key, url=at.url)
