"""What a refusal says, in the reader's language; what no catalogue has stays as it was written."""

from collections.abc import Sequence

from flask_babel import gettext as _

from comment_service.errors import InvalidFields, Refusal
from comment_service.identity import ProviderError
from comment_service.web.http.context import language


def said(refusal: Refusal) -> str:
    """Return what happened, and what to do about it."""
    if isinstance(refusal, InvalidFields):
        return str(_("Please correct the marked fields; your text is kept."))
    values = refusal.details if "%(" in refusal.template else {}
    return str(_(refusal.template, **values)) if refusal.template else ""


def fields(refusal: Refusal) -> dict[str, list[str]]:
    """Return the sentences about each field, none where no field was wrong."""
    about = refusal.fields if isinstance(refusal, InvalidFields) else {}
    return {name: [_(str(one)) for one in sentences] for name, sentences in about.items()}


def told(refusal: Refusal) -> str:
    """Return all that was wrong: of a form, every sentence about its fields."""
    every: Sequence[str] = [one for sentences in fields(refusal).values() for one in sentences]
    return " ".join(every) if isinstance(refusal, InvalidFields) else said(refusal)


def problem(error: ProviderError | Refusal, provider: str) -> str:
    """Return why nobody was signed in; what only an owner understands follows in brackets."""
    if isinstance(error, Refusal):
        return told(error)
    plain, named = str(error), {"provider": error.provider} if error.provider else {}
    here = _(error.template, **named) if plain else ""
    if here != plain or language()[0] == "en":
        return here
    reader = _(
        "%(provider)s could not say safely who you are, so nobody was signed in.", provider=provider
    )
    return f"{reader} ({plain})"
