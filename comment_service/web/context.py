"""What every view needs to know of where it runs: the app's state and the reader's language."""

from flask import current_app, request
from flask_babel import get_locale

from comment_service.runtime import Runtime

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
    asked = request.args.get("lang") or request.form.get("lang") or ""
    if asked:
        return _best(asked.replace("-", "_"), known)
    return request.accept_languages.best_match([k.replace("_", "-") for k in known])


def _best(asked: str, known: list[str]) -> str | None:
    """Return the translation that is asked for, or the one of its language."""
    exact = [k for k in known if k.lower() == asked.lower()]
    same = [k for k in known if k.split("_")[0].lower() == asked.split("_", maxsplit=1)[0].lower()]
    return next(iter(exact or same), None)


def wants_json() -> bool:
    """Tell whether the asker is a program that sent or accepts JSON."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or best == "application/json"
