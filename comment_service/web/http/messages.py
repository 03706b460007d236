"""Translate refusals into the reader's language; texts without a translation stay in English."""

from collections.abc import Sequence

from flask import request
from flask_babel import gettext as _

from comment_service.errors import InvalidFields, Refusal
from comment_service.identity import ProviderError
from comment_service.web.http.context import language


def refusal_text(refusal: Refusal) -> str:
    """Return the message of a refusal: what happened and what to do about it.

    A form shows its errors beside the fields; an address without a form has no place for them.
    """
    if isinstance(refusal, InvalidFields):
        if request.method in {"GET", "HEAD"}:
            return full_refusal_text(refusal)
        return str(_("Please correct the marked fields; your text is kept."))
    values = refusal.details if "%(" in refusal.template else {}
    return str(_(refusal.template, **values)) if refusal.template else ""


def field_errors(refusal: Refusal) -> dict[str, list[str]]:
    """Return field name → translated errors; empty if no field is wrong."""
    errors = refusal.fields if isinstance(refusal, InvalidFields) else {}
    return {name: [_(str(text)) for text in sentences] for name, sentences in errors.items()}


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
