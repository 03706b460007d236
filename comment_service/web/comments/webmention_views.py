"""The endpoint that receives Webmentions (W3C) for the pages of a site."""

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from comment_service.actions.comments.webmention import receive
from comment_service.errors import InvalidFields, OriginUnknown, SiteUnknown, WebmentionRefused
from comment_service.screening.limits import NETWORK_FACTOR
from comment_service.storage.db.session import transaction
from comment_service.web.http import place
from comment_service.web.http.context import runtime
from comment_service.web.http.place import PageRef
from comment_service.web.http.rate_limits import limited
from comment_service.web.http.viewer import client_network

blueprint = Blueprint("webmention", __name__)


def _per_minute() -> str:
    """Return what a network may send, as for comments."""
    return f"{NETWORK_FACTOR * runtime().settings.rate_minute} per minute"


@blueprint.post("/webmention")
@limited(_per_minute)
def receive_webmention() -> Response:
    """Queue a Webmention; the worker checks its source."""
    source, target = (request.form.get(name, "").strip() for name in ("source", "target"))
    at = _target_page(target)
    with transaction() as current:
        receive(
            session=current,
            runtime=runtime(),
            site=at.site,
            source=source,
            target=target,
            network=client_network(),
        )
    answer = Response("The Webmention is queued and will be checked.\n", 202)
    answer.mimetype = "text/plain"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _target_page(target: str) -> PageRef:
    """Return the page of ours that a Webmention names.

    Raises:
        WebmentionRefused: there is no such site, or its pages are elsewhere.
    """
    values = MultiDict({"site": request.args.get("site", ""), "url": target})
    try:
        return place.page_ref(values)
    except InvalidFields:
        raise WebmentionRefused("target must be an http:// or https:// address.") from None
    except OriginUnknown:
        raise WebmentionRefused("target is no page of this site.") from None
    except SiteUnknown:
        raise WebmentionRefused("The address of this endpoint names no site.") from None
