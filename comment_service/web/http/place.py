"""The first look at a request: which site, which page, from where, with a form of ours?"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from comment_service.errors import InvalidFields, OriginUnknown, SiteUnknown, StaleForm
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session
from comment_service.storage.tables import Site
from comment_service.text import addresses
from comment_service.web.http.context import runtime

MAX_TITLE = 300


@dataclass(frozen=True)
class Place:
    """A registered site and a page's address on it."""

    site: Site
    url: str
    title: str


def sent() -> MultiDict[str, str]:
    """Return what was sent, whether as a form or as JSON, as one mapping of texts.

    Raises:
        InvalidFields: the JSON is no object of plain values.
    """
    if not request.is_json:
        return request.form
    try:
        body: Any = request.get_json()
    except (BadRequest, RecursionError):
        body = None
    plain = (str, int, float, bool, type(None))
    if not isinstance(body, dict) or not all(isinstance(v, plain) for v in body.values()):
        raise InvalidFields({"": ["The body must be a JSON object of plain values."]})
    return clean(MultiDict({str(k): _text(v) for k, v in body.items()}))


def clean(values: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return texts that every database can keep: no NUL, no half of a surrogate pair."""
    return MultiDict(
        (key, value.replace("\0", "").encode("utf-8", "replace").decode())
        for key, value in values.items(multi=True)
    )


def tidy() -> None:
    """Have a request's own texts be ones that every database can keep."""
    request.args = clean(request.args)
    request.form = clean(request.form)  # type: ignore[assignment]


def _text(value: object) -> str:
    """Return a JSON value as a form would have sent it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


def site(values: MultiDict[str, str]) -> Site:
    """Return the site that a request names.

    Raises:
        SiteUnknown: there is no site with this key.
    """
    key = values.get("site", "")
    found = sites.find(session(), key)
    if found is None:
        raise SiteUnknown(
            "There is no site “%(key)s” here. Check data-site in the snippet.", key=key[:64]
        )
    return found


def place(values: MultiDict[str, str]) -> Place:
    """Return the site and the page that a request names; ``values`` are ``clean``.

    Raises:
        SiteUnknown: there is no site with this key.
        InvalidFields: the page's address is no address.
        OriginUnknown: the address is not one of the site's.
    """
    on = site(values)
    try:
        url = addresses.page_address(values.get("url", ""))
        origin = addresses.origin(url)
    except ValueError as error:
        raise InvalidFields({"url": [f"{error}."]}) from None
    if origin not in on.origins and not _is_ours(origin):
        raise OriginUnknown(
            "%(origin)s is not registered for %(site)s. Its owner can add it: %(command)s",
            origin=origin,
            site=on.name,
            command=f"comment-service site add-origin {on.key} {origin}",
        )
    title = " ".join(values.get("title", "").split())[:MAX_TITLE]
    return Place(on, url, "" if title == url[:MAX_TITLE] else title)  # an address is no title


def _is_ours(origin: str) -> bool:
    """Tell whether an origin is the service's own: its public address, or its host's when embedded.

    Elsewhere the Host header says nothing: whoever asks can write anything into it.
    """
    state = runtime()
    own = request.host_url if state.embedded else state.settings.public_url
    try:
        return bool(own) and addresses.origin(own) == origin
    except ValueError:
        return False


def same_origin(site: Site) -> None:
    """Refuse a change that another website has the browser send.

    Raises:
        OriginUnknown: the Origin header is neither ours nor one of the site's.
    """
    origin = request.headers.get("Origin")
    if origin is None or from_here():
        return
    if origin not in site.origins:
        raise OriginUnknown(
            "%(origin)s may not write here. Open the page itself and send.", origin=origin[:200]
        )


def from_here() -> bool:
    """Tell whether the request comes from a page of this very host."""
    try:
        return urlsplit(request.headers.get("Origin", "")).netloc == request.host
    except ValueError:
        return False


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(runtime().secret, salt="comments form")


def issue_token(at: Place) -> str:
    """Return a signed token for a form on this page, which remembers when it was opened."""
    return str(_signer().dumps([at.site.key, at.url, runtime().now().timestamp()]))


def seconds_since_issue(at: Place, token: str) -> float:
    """Return how long ago the form was opened.

    Raises:
        StaleForm: the token is missing, not ours, of another page, or too old.
    """
    try:
        key, url, issued = _signer().loads(token)
    except (BadData, ValueError, TypeError):
        raise StaleForm(
            "The form was incomplete. Your text is kept: please send it again."
        ) from None
    seconds = float(runtime().now().timestamp() - issued)
    fresh = 0 <= seconds < runtime().settings.form_hours * 3600
    if (key, url) != (at.site.key, at.url) or not fresh:
        raise StaleForm("The form was open for too long. Your text is kept: please send it again.")
    return seconds
