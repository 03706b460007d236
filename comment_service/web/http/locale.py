"""Select the language of an answer: the page's language first, then Accept-Language."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, request
from flask_babel import Babel, Domain, get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_accept_header

from comment_service import catalogues
from comment_service.web.http.context import runtime

STAFF_PREFIX = "/moderation"
"""URL prefix of the moderation pages, which are in fewer languages than the readers' pages."""


class Catalogues(Domain):  # type: ignore[misc]
    """Flask-Babel domain that reads our translation catalogues."""

    def get_translations(self) -> NullTranslations:
        """Return the translations for the locale of this request."""
        return _of_locale(get_locale())


@cache
def _of_locale(locale: Locale | None) -> NullTranslations:
    return catalogues.translations(str(locale or catalogues.SOURCE))


class Languages(Babel):  # type: ignore[misc]
    """Flask-Babel extension that uses our catalogues."""

    domain_instance = Catalogues()

    def init_app(self, app: Flask, **options: object) -> None:
        """Add the extension to an app; templates call the catalogues directly.

        A thread has about eight sentences for each comment, and Flask-Babel's own functions look
        for the domain every time.
        """
        super().init_app(app, **options)
        current = self.domain_instance.get_translations
        app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
            gettext=lambda sentence: current().gettext(sentence),
            ngettext=lambda one, many, number: current().ngettext(one, many, number),
            newstyle=True,
        )


def select_locale() -> str | None:
    """Return the best available language: the requested one, or a match of Accept-Language."""
    if request.url_rule is not None and request.url_rule.rule.startswith(STAFF_PREFIX):
        spoken = tuple(catalogues.languages(catalogues.STAFF))
        wanted = accepted_language(request.headers.get("Accept-Language", ""), spoken)
        return wanted or catalogues.staff_language(runtime().settings.locale)
    known = runtime().languages
    requested = request.args.get("lang") or _body_language()
    if requested:
        return catalogues.best_match(requested, known)
    return accepted_language(request.headers.get("Accept-Language", ""), tuple(known))


@lru_cache(maxsize=1000)
def accepted_language(header: str, known: Sequence[str]) -> str | None:
    """Return the first language of an Accept-Language header for which there is a catalogue."""
    wanted = parse_accept_header(header, LanguageAccept)
    matches = (catalogues.best_match(tag, known) for tag, _weight in wanted)
    return next((code for code in matches if code), None)


def _body_language() -> str:
    """Return the ``lang`` field of a POST body (form or JSON), "" if there is none."""
    if request.method != "POST":
        return ""
    try:
        body = request.get_json(silent=True) if request.is_json else request.form
    except (HTTPException, RecursionError):  # its error page still needs a language
        return ""
    return str(body.get("lang") or "") if isinstance(body, Mapping) else ""
