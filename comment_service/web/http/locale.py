"""The reader's language: the one that the page names, else the browser's wish."""

from collections.abc import Mapping, Sequence

from babel.support import NullTranslations
from flask import request
from flask_babel import Babel, Domain, get_locale
from werkzeug.exceptions import RequestEntityTooLarge

from comment_service import catalogues
from comment_service.web.http.context import runtime

STAFF = "/moderation"
"""Where the doors of those are who decide: their words are in English alone."""


class Catalogues(Domain):  # type: ignore[misc]
    """Flask-Babel's words, from the translators' own files."""

    def get_translations(self) -> NullTranslations:
        """Return the words of the language of this request."""
        return catalogues.translations(str(get_locale() or catalogues.SOURCE))


class Languages(Babel):  # type: ignore[misc]
    """Flask-Babel with our catalogues."""

    domain_instance = Catalogues()


def select_locale() -> str | None:
    """Return the language that fits best: the one asked for, else the browser's wish."""
    if request.url_rule is not None and request.url_rule.rule.startswith(STAFF):
        return catalogues.SOURCE
    known = runtime().languages
    asked = request.args.get("lang") or _sent_language()
    if asked:
        return catalogues.best(asked, known)
    return _wished(known)


def _wished(known: Sequence[str]) -> str | None:
    """Return the first language of the browser's list that there is."""
    wishes = (catalogues.best(tag, known) for tag, _weight in request.accept_languages)
    return next((code for code in wishes if code), None)


def _sent_language() -> str:
    """Return the language that a form or a script names in its body."""
    if request.method != "POST":
        return ""
    try:
        sent = request.get_json(silent=True) if request.is_json else request.form
    except (RequestEntityTooLarge, RecursionError):  # its refusal still needs a language
        return ""
    return str(sent.get("lang") or "") if isinstance(sent, Mapping) else ""
