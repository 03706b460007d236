"""The readers' words in every language: ``translations/LANGUAGE/LC_MESSAGES/messages.po``.

A catalogue is read as its translator wrote it, without a compiled copy beside it that could be
older, when its language is first asked for. What moderators read is in English alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

SOURCE = "en"
"""The language in which the sentences stand in the code."""
FOLDER = Path(__file__).parent / "translations"
TEMPLATE = FOLDER / "messages.pot"
_OLDER = {"iw": "he", "in": "id", "no": "nb", "zh": "zh_Hans"}
"""Names that browsers still send, and languages without a script."""


@cache
def languages() -> Sequence[str]:
    """Return the codes of every language there is, the source first."""
    return [SOURCE, *sorted(path.parent.parent.name for path in FOLDER.glob("*/*/messages.po"))]


def catalogue(code: str) -> Catalog:
    """Return the catalogue of a language as its file says it.

    Raises:
        OSError: there is none.
    """
    path = FOLDER / code / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=code)


@cache
def translations(code: str) -> NullTranslations:
    """Return what gettext asks for the words of a language; of the source, nothing."""
    if code == SOURCE or code not in languages():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return Translations(compiled)


def best(asked: str, known: Sequence[str]) -> str | None:
    """Return the known language that is meant by a BCP 47 tag: ``zh-TW`` is ``zh_Hant``."""
    try:
        locale = Locale.parse(asked.replace("-", "_"), resolve_likely_subtags=True)
    except (ValueError, UnknownLocaleError):
        return None
    tag = _OLDER.get(locale.language, locale.language)
    every = [f"{locale.language}_{part}" for part in (locale.script, locale.territory) if part]
    return next((code for code in [*every, tag] if code in known), None)


@dataclass(frozen=True)
class Completeness:
    """How much of a language is done; ``missing`` are sentences of the source."""

    code: str
    name: str
    direction: str
    total: int
    missing: Sequence[str]


def completeness(code: str) -> Completeness:
    """Return what a language lacks: sentences, plural forms, and what was marked as doubtful."""
    with TEMPLATE.open("rb") as file:
        wanted = [_first(message) for message in read_po(file) if message.id]
    done = translated(code) if code != SOURCE else dict.fromkeys(wanted, "")
    locale = Locale.parse(code)
    return Completeness(
        code,
        (locale.get_display_name("en") or code),
        locale.text_direction,
        len(wanted),
        [one for one in wanted if one not in done],
    )


def translated(code: str) -> Mapping[str, object]:
    """Return sentence → translation, those alone that are complete."""
    found = catalogue(code)
    return {
        _first(message): message.string
        for message in found
        if message.id and not message.fuzzy and _is_whole(message, found.num_plurals)
    }


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_whole(message: Message, forms: int) -> bool:
    said = message.string
    if isinstance(message.id, str):
        return bool(said)
    return isinstance(said, tuple | list) and len(said) == forms and all(said)
