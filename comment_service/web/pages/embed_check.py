"""The doctor: an owner names a page, and reads what keeps comments from it."""

from flask import Blueprint, g, request, url_for
from flask_babel import gettext as _

from comment_service import fetching
from comment_service.actions.pages.embed_check import OK, Found, examine
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session
from comment_service.web.http.context import runtime
from comment_service.web.http.rate_limits import SIGN_IN, limiter
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import only_owners

doctor = Blueprint("doctor", __name__, url_prefix="/moderation/doctor")
doctor.before_request(only_owners)


@doctor.get("/")
def show() -> str:
    """Ask for the address of a page."""
    return _page("", [], "")


@doctor.post("/")
@limiter.limit(SIGN_IN)
def look() -> str:
    """Fetch the page and say what was found; nothing is changed."""
    url, _site = request.form.get("url", "").strip()[:2000], site_context.site()
    try:
        page = fetching.fetch(url, guard=True)
    except fetching.FetchError as error:
        return _page(
            url, [], _("%(url)s could not be fetched. %(why)s", url=url, why=error.to_owner)
        )
    own = rights.sites(session(), g.rights.owned)
    base = runtime().settings.public_url or url_for("ops.root", _external=True)
    return _page(url, examine(sites=own, service=base, page=page), "")


def _page(url: str, found: list[Found], problem: str) -> str:
    fine = bool(found) and all(one.status == OK for one in found)
    site, told = site_context.site(), {"url": url, "found": found, "problem": problem}
    return site_context.page("pages/embed_check", site=site, fine=fine, **told)
