"""The embed code for a blog, with options and a live preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel import Locale
from flask import Blueprint, Response, g, make_response, request, url_for
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from comment_service.errors import Refusal
from comment_service.storage.admin import rights, rules
from comment_service.storage.db.session import session
from comment_service.storage.pages import page_lists
from comment_service.storage.tables import Site
from comment_service.text.origins import is_pattern
from comment_service.web.comments.iframe import policy
from comment_service.web.comments.render import HEADING_LEVELS
from comment_service.web.http import place
from comment_service.web.http.context import runtime
from comment_service.web.http.links import external_url_for, own_origin
from comment_service.web.http.place import PageRef
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_moderator

blueprint = Blueprint("embed_code", __name__, url_prefix="/moderation/snippet")
blueprint.before_request(require_moderator)

SCRIPT, FRAME = "script", "frame"
_DATA = Markup(' data-{}="{}"')


@dataclass(frozen=True)
class Option:
    """An option with its choices (value → label); "" is the default.

    ``attribute`` is its name in the embed code, without ``data-``; ``framed`` is True if the option
    also works for a thread in a frame.
    """

    name: str
    attribute: str
    label: object
    choices: Mapping[str, object]
    framed: bool = False


def options() -> Sequence[Option]:
    """Return the options in the order of the form."""
    levels = {str(level): str(level) for level in HEADING_LEVELS}
    return (
        Option("theme", "theme", _l("Colours"), {
            "": _l("match the page"), "light": _l("light"), "dark": _l("dark"),
            "high-contrast": _l("high contrast"),
        }, framed=True),
        Option("sort", "sort", _l("Order"), {
            "": _l("oldest first"), "newest": _l("newest first"), "best": _l("best first"),
        }, framed=True),
        Option("lang", "lang", _l("Language"), _languages(), framed=True),
        Option("loading", "loading", _l("Loading"), {
            "": _l("at once"), "lazy": _l("when the reader comes near"),
        }),
        Option("position", "input-position", _l("Comment form"), {
            "": _l("below the comments"), "top": _l("above the comments"),
        }),
        Option("level", "heading-level", _l("Heading level"), {
            "": _l("server setting"), **levels,
        }),
        Option("mapping", "mapping", _l("Identify threads by"), {
            "": _l("the page's canonical address"), "url": _l("its address, with parameters"),
            "pathname": _l("its address, without parameters"), "title": _l("its title"),
        }),
    )  # fmt: skip


def _languages() -> Mapping[str, object]:
    """Return BCP 47 code → the language's own name."""
    languages: dict[str, object] = {"": _l("same as the page")}
    for code in runtime().languages:
        name = Locale.parse(code).get_display_name() or code
        languages[code.replace("_", "-")] = f"{name} ({code.replace('_', '-')})"
    return languages


def _chosen_options() -> Mapping[str, str]:
    """Return the options of the query string; unknown values are ignored."""
    requested = {option.name: request.args.get(option.name, "") for option in options()}
    known = {
        option.name: value
        for option in options()
        if (value := requested[option.name]) in option.choices
    }
    kind = request.args.get("kind", "")
    return {**known, "kind": kind if kind in {SCRIPT, FRAME} else SCRIPT}


def _attributes(site: Site, chosen: Mapping[str, str]) -> Mapping[str, str]:
    """Return the attributes of the embed code, without ``data-``."""
    framed = chosen["kind"] == FRAME
    applicable = [
        option for option in options() if chosen.get(option.name) and (option.framed or not framed)
    ]
    return {"site": site.key, **{option.attribute: chosen[option.name] for option in applicable}}


def _embed_code(site: Site, chosen: Mapping[str, str]) -> str:
    """Return the embed code."""
    framed = chosen["kind"] == FRAME
    source = (
        external_url_for("static", filename="framing.js")
        if framed
        else external_url_for("thread.embed")
    )
    data = Markup("").join(
        _DATA.format(*attribute) for attribute in _attributes(site, chosen).items()
    )
    return str(Markup('<script src="{}"{} async></script>').format(source, data))


def script_line(site: Site) -> str:
    """Return the embed code of a site without any option."""
    return _embed_code(site, {"kind": SCRIPT})


def _webmention_line(site: Site) -> str:
    """Return the line that names the endpoint of Webmentions, "" if the site takes none."""
    if not rules.of_site(runtime().settings, site).webmentions:
        return ""
    url = external_url_for("webmention.receive_webmention", site=site.key)
    return str(Markup('<link rel="webmention" href="{}">').format(url))


def _preview_page(site: Site) -> PageRef | None:
    """Return the page for the preview: the one with the newest comment, else an empty one.

    Returns None if no origin is registered for the site.
    """
    latest = page_lists.latest_active_page(session(), site.id)
    candidates = [(latest.url, latest.title)] if latest is not None else []
    for url, title in [
        *candidates,
        *(
            (origin, site.name)
            for origin in (*site.origins, own_origin())
            if not is_pattern(origin)
        ),
    ]:
        try:
            return place.page_ref(MultiDict({"site": site.key, "url": url, "title": title}))
        except Refusal:
            continue
    return None


@blueprint.get("/")
def show() -> Response:
    """Show the form, the embed code, and the preview."""
    site, chosen = site_context.requested_site(g.rights.sites), _chosen_options()
    html = site_context.render_page(
        "admin/embed_code",
        site=site,
        sites=rights.allowed_sites(session(), g.rights.sites),
        options=options(),
        chosen=chosen,
        line=_embed_code(site, chosen),
        webmention_line=_webmention_line(site),
        preview_url=_preview_url(site, chosen),
    )
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = policy("'none'") + "; frame-src 'self'"
    return answer


def _preview_url(site: Site, chosen: Mapping[str, str]) -> str:
    """Return the URL of the framed preview, "" if there is nothing to show."""
    at = _preview_page(site)
    if at is None:
        return ""
    if chosen["kind"] == SCRIPT:
        options_set = {name: value for name, value in chosen.items() if value and name != "kind"}
        return url_for("embed_code.preview", site=site.key, **options_set)  # type: ignore[arg-type]
    attributes = _attributes(site, chosen)
    return url_for("iframe.show", url=at.url, title=at.title, preview=1, **attributes)  # type: ignore[arg-type]


@blueprint.get("/preview")
def preview() -> Response:
    """Show a page that contains only the thread, embedded with the chosen options."""
    site = site_context.requested_site(g.rights.sites)
    html = site_context.render_page(
        "admin/embed_code_preview",
        at=_preview_page(site),
        data=_attributes(site, _chosen_options()),
    )
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = policy("'self'")
    return answer
