"""Translations for readers: ``translations/LANGUAGE/LC_MESSAGES/messages.po``.

The .po file is compiled in memory when its language is first used, so there is no compiled file
that could be out of date. Moderation pages are in English only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

SOURCE = "en"
"""Language of the sentences in the code."""
FOLDER = Path(__file__).parent / "translations"
TEMPLATE = FOLDER / "messages.pot"
_LANGUAGE_ALIASES = {"iw": "he", "in": "id", "nn": "nb", "no": "nb", "zh": "zh_Hans"}
"""Outdated codes that browsers still send, the nearest language, and default scripts."""


@cache
def languages() -> Sequence[str]:
    """Return the codes of all languages, the source language first."""
    return [SOURCE, *sorted(path.parent.parent.name for path in FOLDER.glob("*/*/messages.po"))]


def catalogue(code: str) -> Catalog:
    """Return the catalogue of a language.

    Raises:
        OSError: the file does not exist.
    """
    path = FOLDER / code / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=code)


@cache
def translations(code: str) -> NullTranslations:
    """Return the gettext translations of a language; empty ones for the source language."""
    if code == SOURCE or code not in languages():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return Translations(compiled)


def best_match(tag: str, known: Sequence[str]) -> str | None:
    """Return the available language that matches a BCP 47 tag best: ``zh-TW`` gives ``zh_Hant``."""
    try:
        locale = Locale.parse(tag.replace("-", "_"), resolve_likely_subtags=True)
    except (ValueError, UnknownLocaleError):
        return None
    language = _LANGUAGE_ALIASES.get(locale.language, locale.language)
    specific = [f"{locale.language}_{part}" for part in (locale.script, locale.territory) if part]
    usual = get_global("likely_subtags").get(locale.language, "").split("_")
    readable = not locale.script or locale.script in usual or language in _LANGUAGE_ALIASES.values()
    general = [language] if readable else []  # who asks for Latin letters may read no others
    return next((code for code in [*specific, *general] if code in known), None)


@dataclass(frozen=True)
class Completeness:
    """How complete a translation is; ``missing`` lists untranslated source sentences."""

    code: str
    name: str
    direction: str
    total: int
    missing: Sequence[str]


def completeness(code: str) -> Completeness:
    """Return a language's completeness; incomplete plurals and fuzzy entries are missing."""
    with TEMPLATE.open("rb") as file:
        sentences = [_first(message) for message in read_po(file) if message.id]
    done = translated(code) if code != SOURCE else dict.fromkeys(sentences, "")
    locale = Locale.parse(code)
    return Completeness(
        code,
        (locale.get_display_name("en") or code),
        locale.text_direction,
        len(sentences),
        [sentence for sentence in sentences if sentence not in done],
    )


def translated(code: str) -> Mapping[str, object]:
    """Return sentence → translation for all complete translations."""
    found = catalogue(code)
    return {
        _first(message): message.string
        for message in found
        if message.id and not message.fuzzy and _is_whole(message, found.num_plurals)
    }


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_whole(message: Message, forms: int) -> bool:
    translation = message.string
    if isinstance(message.id, str):
        return bool(translation)
    return isinstance(translation, tuple | list) and len(translation) == forms and all(translation)
