"""What every view needs to know of where it runs: the app's state and the reader's language."""

from flask import current_app, request
from flask_babel import get_locale
from werkzeug.routing import IntegerConverter, Map

from comment_service.runtime import Runtime
from comment_service.storage.tables.base import MAX_ID


def runtime() -> Runtime:
    """Return the state of the running app."""
    state: Runtime = current_app.extensions["comments"]
    return state


def language() -> tuple[str, str]:
    """Return the language of the answer (BCP 47) and its direction."""
    locale = get_locale()
    return (str(locale).replace("_", "-"), locale.text_direction) if locale else ("en", "ltr")


def number(name: str) -> int | None:
    """Return an id from the request's address; None where it is missing or can be nobody's."""
    found = request.args.get(name, type=int)
    return found if found is not None and 0 < found <= MAX_ID else None


class IdConverter(IntegerConverter):
    """``<id:name>`` in an address: a number that can be somebody's."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=MAX_ID)


def wants_json() -> bool:
    """Tell whether the asker is a program that sent or accepts JSON."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or best == "application/json"
