"""The line to paste into a blog, as it is wanted, with the thread as it would look then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel import Locale
from flask import Blueprint, Response, g, make_response, request, url_for
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from comment_service.errors import Refusal
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session
from comment_service.storage.pages import page_lists
from comment_service.storage.tables import Site
from comment_service.web.comments.iframe import policy
from comment_service.web.comments.render import HEADING_LEVELS
from comment_service.web.http import place
from comment_service.web.http.context import runtime
from comment_service.web.http.place import Place
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import only_moderators

snippet = Blueprint("snippet", __name__, url_prefix="/moderation/snippet")
snippet.before_request(only_moderators)

SCRIPT, FRAME = "script", "frame"
_DATA = Markup(' data-{}="{}"')


@dataclass(frozen=True)
class Option:
    """One thing that can be chosen: value → words; "" is what holds where nothing is said.

    ``attribute`` is its name in the snippet, without ``data-``; ``framed`` says whether it counts
    for a thread in a frame too.
    """

    name: str
    attribute: str
    label: object
    choices: Mapping[str, object]
    framed: bool = False


def options() -> Sequence[Option]:
    """Return what can be chosen, in the order of the form."""
    levels = {str(level): str(level) for level in HEADING_LEVELS}
    return (
        Option("theme", "theme", _l("Colours"), {
            "": _l("as the page's own text"), "light": _l("light"), "dark": _l("dark"),
            "high-contrast": _l("high contrast"),
        }, framed=True),
        Option("sort", "sort", _l("Order"), {
            "": _l("oldest first"), "newest": _l("newest first"), "best": _l("best first"),
        }, framed=True),
        Option("lang", "lang", _l("Language"), _languages(), framed=True),
        Option("loading", "loading", _l("Is loaded"), {
            "": _l("at once"), "lazy": _l("when the reader comes near"),
        }),
        Option("position", "input-position", _l("The form stands"), {
            "": _l("below the comments"), "top": _l("above the comments"),
        }),
        Option("level", "heading-level", _l("Level of the heading"), {
            "": _l("as the server's settings say"), **levels,
        }),
        Option("mapping", "mapping", _l("A thread belongs to"), {
            "": _l("the page's canonical address"), "url": _l("its address, with parameters"),
            "pathname": _l("its address, without parameters"), "title": _l("its title"),
        }),
    )  # fmt: skip


def _languages() -> Mapping[str, object]:
    """Return the code of each language as BCP 47 has it → its name in its own words."""
    found: dict[str, object] = {"": _l("as the page says")}
    for code in runtime().languages:
        name = Locale.parse(code).get_display_name() or code
        found[code.replace("_", "-")] = f"{name} ({code.replace('_', '-')})"
    return found


def _chosen() -> Mapping[str, str]:
    """Return what the address asks for, by name; what is unknown is as if it were not said."""
    asked = {one.name: request.args.get(one.name, "") for one in options()}
    known = {one.name: value for one in options() if (value := asked[one.name]) in one.choices}
    kind = request.args.get("kind", "")
    return {**known, "kind": kind if kind in {SCRIPT, FRAME} else SCRIPT}


def _attributes(site: Site, chosen: Mapping[str, str]) -> Mapping[str, str]:
    """Return the attributes of the snippet, without ``data-``."""
    framed = chosen["kind"] == FRAME
    wanted = [one for one in options() if chosen.get(one.name) and (one.framed or not framed)]
    return {"site": site.key, **{one.attribute: chosen[one.name] for one in wanted}}


def _line(site: Site, chosen: Mapping[str, str]) -> str:
    """Return the line to paste."""
    framed = chosen["kind"] == FRAME
    source = (
        url_for("static", filename="framing.js", _external=True)
        if framed
        else url_for("widget.embed", _external=True)
    )
    data = Markup("").join(_DATA.format(*one) for one in _attributes(site, chosen).items())
    return str(Markup('<script src="{}"{} async></script>').format(source, data))


def _place(site: Site) -> Place | None:
    """Return the page that a preview shows: where somebody wrote last, else an empty one.

    None where no address is registered for the site.
    """
    lively = page_lists.lively(session(), site.id)
    known = [(lively.url, lively.title)] if lively is not None else []
    for url, title in [*known, *((one, site.name) for one in (*site.origins, request.host_url))]:
        try:
            return place.place(MultiDict({"site": site.key, "url": url, "title": title}))
        except Refusal:
            continue
    return None


@snippet.get("/")
def show() -> Response:
    """Show the form, the line, and the thread as it would look."""
    site, chosen = site_context.site_of(g.rights.sites), _chosen()
    html = site_context.page(
        "admin/embed_code",
        site=site,
        sites=rights.sites(session(), g.rights.sites),
        options=options(),
        chosen=chosen,
        line=_line(site, chosen),
        preview_url=_preview_url(site, chosen),
    )
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = policy("'none'") + "; frame-src 'self'"
    return answer


def _preview_url(site: Site, chosen: Mapping[str, str]) -> str:
    """Return where the preview is framed from; "" where there is nothing to show."""
    at = _place(site)
    if at is None:
        return ""
    if chosen["kind"] == SCRIPT:
        said = {name: value for name, value in chosen.items() if value and name != "kind"}
        return url_for("snippet.preview", site=site.key, **said)  # type: ignore[arg-type]
    attributes = _attributes(site, chosen)
    return url_for("frames.show", url=at.url, title=at.title, preview=1, **attributes)  # type: ignore[arg-type]


@snippet.get("/preview")
def preview() -> Response:
    """Show a page with nothing but the thread, embedded as the options say."""
    site = site_context.site_of(g.rights.sites)
    html = site_context.page(
        "admin/embed_code_preview", at=_place(site), data=_attributes(site, _chosen())
    )
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = policy("'self'")
    return answer
