"""Comment counts of many pages, and the number of new comments on one page."""

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _
from flask_babel import ngettext

from comment_service.storage.comments import counts as counting
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.text import addresses
from comment_service.web.http import place
from comment_service.web.http.context import id_argument
from comment_service.web.http.shared_cache import cache_for_a_minute, share_page, share_site

blueprint = Blueprint("counts", __name__)

MAX_PAGES = 100
"""Maximum number of URLs in one request."""
MAX_NEWS = 500
"""Maximum number of new comments that are counted, which is as many as one request shows."""


@blueprint.get("/counts")
def counts() -> Response:
    """Serve the comment counts of pages as JSON: URL → ``count`` and ``label``."""
    site = place.requested_site(request.args)
    share_site(site.id)
    by_request = {url: _page_address(url) for url in request.args.getlist("url")[:MAX_PAGES]}
    numbers = counting.of_pages(session(), site.id, [url for url in by_request.values() if url])
    answer = {sent: _count_with_label(numbers.get(url, 0)) for sent, url in by_request.items()}
    return cache_for_a_minute(jsonify(counts=answer), site)


def _page_address(url: str) -> str:
    try:
        return addresses.clean_page_url(url)
    except ValueError:
        return ""


def _count_with_label(number: int) -> dict[str, object]:
    words = ngettext("%(num)d comment", "%(num)d comments", number)
    return {"count": number, "label": words if number else _("No comments yet")}


@blueprint.get("/news")
def news() -> Response:
    """Serve the number of comments newer than ``after``, minus those the client has (``have``)."""
    at = place.page_ref(request.args)
    after = id_argument("after") or 0
    page = pages.find(session(), at.site.id, at.url)
    share_page(at.site, page, is_first=False)
    have = min(id_argument("have") or 0, MAX_NEWS)
    fresh = counting.count_newer(session(), page, after, MAX_NEWS + have) - have
    words = ngettext("%(num)d new comment: show", "%(num)d new comments: show", fresh)
    answer = jsonify(count=max(fresh, 0), label=words if fresh > 0 else "")
    answer.add_etag()
    return answer
