"""Translate refusals and reasons into the page's language; without a translation: English."""

from collections.abc import Sequence

from flask import Response, jsonify, request
from flask_babel import get_locale
from flask_babel import gettext as _

from comment_service import catalogues
from comment_service.errors import InvalidFields, Refusal
from comment_service.identity import ProviderError
from comment_service.web.http.context import language


def told(said: str) -> str:
    """Return a stored or filled-in English sentence in the page's language; a template filter."""
    return catalogues.told(str(get_locale() or catalogues.SOURCE), said)


def refusal_text(refusal: Refusal) -> str:
    """Return the message of a refusal: what happened and what to do about it.

    A form shows its errors beside the fields; an address without a form has no place for them.
    """
    if isinstance(refusal, InvalidFields):
        if request.method in {"GET", "HEAD"}:
            return full_refusal_text(refusal)
        return str(_("Please correct the marked fields; your text is kept."))
    if "%(" in refusal.template and refusal.details:
        return str(_(refusal.template, **refusal.details))
    return told(refusal.template)


def field_errors(refusal: Refusal) -> dict[str, list[str]]:
    """Return field name → translated errors; empty if no field is wrong."""
    errors = refusal.fields if isinstance(refusal, InvalidFields) else {}
    return {name: [told(str(text)) for text in sentences] for name, sentences in errors.items()}


def with_details(refusal: Refusal) -> Response:
    """Return a JSON answer that tells the details of a refusal too."""
    error = {"code": refusal.code, "message": refusal_text(refusal), "fields": {}}
    return jsonify(error={**error, **refusal.details})


def full_refusal_text(refusal: Refusal) -> str:
    """Return the message of a refusal; for a form, all field errors joined."""
    errors: Sequence[str] = [
        text for sentences in field_errors(refusal).values() for text in sentences
    ]
    return " ".join(errors) if isinstance(refusal, InvalidFields) else refusal_text(refusal)


def sign_in_problem(error: ProviderError | Refusal, provider: str) -> str:
    """Return why the sign-in failed.

    If only an English text exists, a translated sentence precedes it and it follows in brackets.
    """
    if isinstance(error, Refusal):
        return full_refusal_text(error)
    english, values = str(error), {"provider": error.provider} if error.provider else {}
    translated = _(error.template, **values) if english else ""
    if translated != english or language()[0] == "en":
        return translated
    for_reader = _(
        "%(provider)s could not say safely who you are, so nobody was signed in.", provider=provider
    )
    return f"{for_reader} ({english})"
