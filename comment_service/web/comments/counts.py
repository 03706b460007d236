"""Small public doors around a thread: counts for links, the latest comments, what came since."""

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from comment_service.storage.comments import counts as counting
from comment_service.storage.comments import threads
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.storage.tables import Comment
from comment_service.text import addresses, markdown
from comment_service.web.comments.avatars import avatar
from comment_service.web.comments.forms import PreviewForm
from comment_service.web.comments.view_models import LatestView
from comment_service.web.http import place
from comment_service.web.http.context import language, number
from comment_service.web.http.rate_limits import PREVIEWS, limiter

around = Blueprint("around", __name__)

MOST_PAGES = 100
"""Addresses that one request may ask about."""
MOST_LATEST = 20
EXCERPT = 140
_SECONDS = 60


@around.get("/counts")
def counts() -> Response:
    """Serve how many comments pages have, in words too: address → ``count`` and ``label``."""
    site = place.site(request.args)
    asked = {url: _address(url) for url in request.args.getlist("url")[:MOST_PAGES]}
    found = counting.of_pages(session(), site.id, [url for url in asked.values() if url])
    told = {sent: _counted(found.get(url, 0)) for sent, url in asked.items()}
    return _shared(jsonify(counts=told))


def _address(url: str) -> str:
    try:
        return addresses.page_address(url)
    except ValueError:
        return ""


def _counted(number: int) -> dict[str, object]:
    some = ngettext("%(num)d comment", "%(num)d comments", number)
    return {"count": number, "label": some if number else _("No comments yet")}


@around.get("/latest")
def latest() -> Response:
    """Serve the newest comments of a site as a list, for a sidebar."""
    site = place.site(request.args)
    limit = min(request.args.get("limit", 5, type=int), MOST_LATEST)
    found = threads.newest(session(), site.id, page=None, parent=None, limit=max(limit, 1))
    code, direction = language()
    html = render_template(
        "comments/comments/_latest.html",
        comments=[_short(comment) for comment in found],
        locale=code,
        direction=direction,
    )
    return _shared(make_response(html))


def _short(comment: Comment) -> LatestView:
    return LatestView(
        name=comment.name,
        avatar=avatar(comment.author),
        title=comment.page.title or comment.page.url,
        url=f"{comment.page.url}#comment-{comment.id}",
        excerpt=markdown.plain(comment.html, EXCERPT),
        created=comment.created_at,
    )


def _shared(answer: Response) -> Response:
    """Let everybody keep an answer for a minute; there is nothing personal in it."""
    answer.headers["Cache-Control"] = f"public, max-age={_SECONDS}"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Vary"] = "Accept-Language"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@around.get("/news")
def news() -> Response:
    """Tell how many comments came after one (``after``) that the asker does not have (``have``)."""
    at = place.place(request.args)
    after = number("after") or 0
    page = pages.find(session(), at.site.id, at.url)
    fresh = counting.newer(session(), page, after) - (number("have") or 0)
    words = ngettext("%(num)d new response: show", "%(num)d new responses: show", fresh)
    return jsonify(count=max(fresh, 0), label=words if fresh > 0 else "")


@around.post("/preview")
@limiter.limit(PREVIEWS)
def preview() -> Response:
    """Show a text as it would stand there; nothing is kept."""
    values = place.sent()
    at = place.place(values)
    place.same_origin(at.site)
    form = PreviewForm(formdata=values)
    return jsonify(html=markdown.render(markdown.source(form.checked())))
