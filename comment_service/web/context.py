"""What every view needs to know of where it runs: the app's state and the reader's language."""

from collections.abc import Mapping

from flask import current_app, request
from flask_babel import get_locale
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, Map

from comment_service.runtime import Runtime
from comment_service.storage.base import MAX_ID

RTL = {"ar", "fa", "he", "ur", "ckb", "ps", "sd", "ug", "yi", "dv"}
"""Languages written from right to left."""


def runtime() -> Runtime:
    """Return the state of the running app."""
    state: Runtime = current_app.extensions["comments"]
    return state


def language() -> tuple[str, str]:
    """Return the language of the answer (BCP 47) and its direction."""
    locale = get_locale()
    code = str(locale).replace("_", "-") if locale else "en"
    return code, "rtl" if code.split("-")[0] in RTL else "ltr"


def select_locale() -> str | None:
    """Return the translation that fits best: the one asked for, else the browser's wish."""
    known = list(runtime().languages)
    asked = request.args.get("lang") or _sent_language()
    if asked:
        return _best(asked.replace("-", "_"), known)
    return request.accept_languages.best_match([k.replace("_", "-") for k in known])


def _sent_language() -> str:
    """Return the language that a form or a script names in its body."""
    if request.method != "POST":
        return ""
    try:
        sent = request.get_json(silent=True) if request.is_json else request.form
    except (RequestEntityTooLarge, RecursionError):  # its refusal still needs a language
        return ""
    return str(sent.get("lang") or "") if isinstance(sent, Mapping) else ""


def _best(asked: str, known: list[str]) -> str | None:
    """Return the translation that is asked for, or the one of its language."""
    exact = [k for k in known if k.lower() == asked.lower()]
    same = [k for k in known if k.split("_")[0].lower() == asked.split("_", maxsplit=1)[0].lower()]
    return next(iter(exact or same), None)


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
