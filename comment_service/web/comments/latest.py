"""The newest comments of a site, for a sidebar."""

from flask import Blueprint, Response, make_response, render_template, request

from comment_service.storage.comments import threads
from comment_service.storage.db.session import session
from comment_service.storage.tables import Comment
from comment_service.text import markdown
from comment_service.text.addresses import comment_url
from comment_service.web.comments.avatars import avatar
from comment_service.web.comments.view_models import LatestView
from comment_service.web.http import place
from comment_service.web.http.context import language
from comment_service.web.http.shared_cache import cache_for_a_minute, share_site

blueprint = Blueprint("latest", __name__)

MAX_LATEST = 20
EXCERPT = 140


@blueprint.get("/latest")
def latest() -> Response:
    """Serve the newest comments of a site as an HTML list."""
    site = place.requested_site(request.args)
    share_site(site.id)
    limit = min(request.args.get("limit", 5, type=int), MAX_LATEST)
    found = threads.newest(session(), site.id, page=None, parent=None, limit=max(limit, 1))
    code, direction = language()
    html = render_template(
        "comments/comments/_latest.html",
        comments=[_latest_view(comment) for comment in found],
        locale=code,
        direction=direction,
    )
    return cache_for_a_minute(make_response(html), site)


def _latest_view(comment: Comment) -> LatestView:
    return LatestView(
        name=comment.name,
        avatar=avatar(comment.author),
        title=comment.page.title or comment.page.url,
        url=comment_url(comment.page.url, comment.id),
        excerpt=markdown.plain_excerpt(comment.html, EXCERPT),
        created=comment.created_at,
    )
