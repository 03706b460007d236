"""A thread in an iframe, for pages that cannot load our script; it tells the host its height."""

from flask import Blueprint, Response, make_response, render_template, request

from comment_service.text import addresses
from comment_service.text.origins import is_registered
from comment_service.text.sentences import staff_sentence
from comment_service.web.comments import render as rendered
from comment_service.web.comments.presenters import thread_url
from comment_service.web.comments.thread_views import own_form
from comment_service.web.http import embeds, messages, place
from comment_service.web.http.context import runtime
from comment_service.web.http.links import own_origin
from comment_service.web.http.place import PageRef

blueprint = Blueprint("iframe", __name__)

THEMES = ("auto", "light", "dark", "high-contrast")
SCHEMES = ("light", "dark")
_MODERATE = staff_sentence("Moderate this thread in a tab of its own")
"""Browsers send no sign-in to a frame, so what the page's #moderate-comments asks for is there."""
AMP = "https://cdn.ampproject.org https://*.cdn.ampproject.org"
"""Origins from which AMP caches serve pages."""
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types comments; frame-ancestors"
)


@blueprint.get("/frame.html")
def show() -> Response:
    """Serve a thread that pages of its site and our own pages may frame.

    AMP caches may frame it too if ``amp=1`` is given and the owner allows it.
    """
    at = place.page_ref(request.args)
    embeds.note(at.site.id, at.url)
    view = rendered.load(at, rendered.thread_query())
    amp = bool(request.args.get("amp")) and runtime().settings.amp
    theme = request.args.get("theme", "")
    scheme = theme if theme in SCHEMES else request.args.get("scheme", "")
    html = render_template(
        "comments/comments/iframe.html",
        thread=view,
        form=own_form(at, view),
        theme=theme if theme in THEMES else "auto",
        scheme=scheme if scheme in SCHEMES else "",
        host=_host(at),
        amp=amp,
        moderate_url=thread_url(at, "thread_page") + "#moderate-comments",
        moderate_words=messages.told(_MODERATE),
        moderates=request.args.get("moderate") == "1",
    )
    answer = make_response(html)
    answer.headers["Cache-Control"] = "private, no-store"
    ancestors = ["'self'", *at.site.origins, *([AMP] if amp else [])]
    answer.headers["Content-Security-Policy"] = policy(*ancestors)
    # Pages with Cross-Origin-Embedder-Policy frame only what has both.
    answer.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _host(at: PageRef) -> str:
    """Return the origin that receives the frame's height.

    That is ``host`` if it is registered for the site (the framing page may have its canonical URL
    on another origin), otherwise the page's own origin. With ``preview=1`` it is our own origin.
    """
    if request.args.get("preview"):
        return addresses.origin(own_origin())
    host = request.args.get("host", "")
    return host if is_registered(host, at.site.origins) else addresses.origin(at.url)


def policy(*ancestors: str) -> str:
    """Return a content security policy that lets pages of these sources frame the answer."""
    return " ".join([_CSP, *ancestors])
