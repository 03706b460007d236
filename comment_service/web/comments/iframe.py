"""A thread inside a frame, for pages that take no script of ours: its height goes to its host."""

from flask import Blueprint, Response, make_response, render_template, request

from comment_service.text import addresses
from comment_service.web.comments import render as rendered
from comment_service.web.comments.thread_views import own_form
from comment_service.web.http import place
from comment_service.web.http.context import runtime
from comment_service.web.http.place import Place

frames = Blueprint("frames", __name__)

THEMES = ("auto", "light", "dark", "high-contrast")
AMP = "https://cdn.ampproject.org https://*.cdn.ampproject.org"
"""Where AMP pages are served from."""
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors"
)


@frames.get("/frame.html")
def show() -> Response:
    """Serve a thread to be framed by pages of its site or ours.

    AMP's caches may frame it too where the owner lets them (``amp=1``).
    """
    at = place.place(request.args)
    view = rendered.load(at, rendered.asked())
    amp = bool(request.args.get("amp")) and runtime().settings.amp
    theme = request.args.get("theme", "")
    html = render_template(
        "comments/comments/iframe.html",
        thread=view,
        form=own_form(at, view),
        theme=theme if theme in THEMES else "auto",
        host=_host(at),
        amp=amp,
    )
    answer = make_response(html)
    answer.headers["Cache-Control"] = "private, no-store"
    ancestors = ["'self'", *at.site.origins, *([AMP] if amp else [])]
    answer.headers["Content-Security-Policy"] = policy(*ancestors)
    return answer


def _host(at: Place) -> str:
    """Return the origin that may know the frame's height: ``host`` where it is one of the site's.

    That is the page's own, which may have its canonical address elsewhere. With ``preview=1`` it
    is ours.
    """
    if request.args.get("preview"):
        return addresses.origin(request.host_url)
    named = request.args.get("host", "")
    return named if named in at.site.origins else addresses.origin(at.url)


def policy(*ancestors: str) -> str:
    """Return the policy of a page of ours that pages of these sources may frame."""
    return " ".join([_CSP, *ancestors])
