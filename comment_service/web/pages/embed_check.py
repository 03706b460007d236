"""The embed check: an owner enters a URL and reads why comments do not show up there."""

from flask import Blueprint, g, request
from flask_babel import gettext as _

from comment_service import fetching
from comment_service.actions.pages.embed_check import OK, Finding, check_page, check_readers
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.http.links import external_url_for
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("embed_check", __name__, url_prefix="/moderation/doctor")
blueprint.before_request(require_owner)


@blueprint.get("/")
def show() -> str:
    """Ask for the URL of a page."""
    return _page("", [], "")


@blueprint.post("/")
@limited(SIGN_IN)
def look() -> str:
    """Fetch the page and show the findings; nothing is changed."""
    url, _site = request.form.get("url", "").strip()[:2000], site_context.owned_site()
    try:
        page = fetching.fetch_page(url, guard=True)
    except fetching.FetchError as error:
        return _page(
            url,
            [],
            _("%(url)s could not be fetched. %(why)s", url=url, why=messages.told(error.to_owner)),
        )
    own = rights.allowed_sites(session(), g.rights.owned)
    base = runtime().settings.public_url or external_url_for("health.root")
    found = check_page(sites=own, service=base, page=page)
    return _page(url, found + check_readers(session(), own, runtime().now()), "")


def _page(url: str, found: list[Finding], problem: str) -> str:
    passed = bool(found) and all(result.status == OK for result in found)
    site, context = site_context.owned_site(), {"url": url, "found": found, "problem": problem}
    return site_context.render_page("pages/embed_check", site=site, fine=passed, **context)
