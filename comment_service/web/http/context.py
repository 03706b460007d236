"""Request context for views: the app's runtime, the answer's language, ids from the URL."""

from functools import lru_cache

from babel import Locale
from flask import current_app, request
from flask_babel import get_locale
from werkzeug.routing import IntegerConverter, Map

from comment_service.runtime import Runtime
from comment_service.storage.tables.base import MAX_ID


def runtime() -> Runtime:
    """Return the runtime of the current app."""
    state: Runtime = current_app.extensions["comments"]
    return state


def language() -> tuple[str, str]:
    """Return the language of the answer (BCP 47 tag) and its text direction ("ltr" or "rtl")."""
    locale = get_locale()
    return _described(locale) if locale else ("en", "ltr")


@lru_cache(maxsize=256)
def _described(locale: Locale) -> tuple[str, str]:
    return str(locale).replace("_", "-"), locale.text_direction


def id_argument(name: str) -> int | None:
    """Return an id from the query string; None if it is missing or outside the range of ids."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= MAX_ID else None


class IdConverter(IntegerConverter):
    """URL converter ``<id:name>``: an integer in the range of database ids."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=MAX_ID)


def wants_json() -> bool:
    """Return True if the client sent JSON or prefers JSON to HTML."""
    if request.is_json:
        return True
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"]) == "application/json"
