"""Translations: ``translations/LANGUAGE/LC_MESSAGES/messages.po`` and ``moderation.po``.

The first has the sentences of readers, in every language; the second those of moderators and
owners, in some. A .po file is compiled in memory when it is first needed, so there is no compiled
file that could be out of date.
"""

import re
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
READERS, STAFF = "messages", "moderation"
"""The two catalogues: for readers, and for moderators and owners."""
TEMPLATES = {domain: FOLDER / f"{domain}.pot" for domain in (READERS, STAFF)}
FILLED = "Its values are filled in before it is translated."
"""Comment of the templates that ``told`` looks for in a sentence."""
MAX_TOLD = 2000
"""Longest sentence, in characters, in which a template is looked for."""
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_LANGUAGE_ALIASES = {"iw": "he", "in": "id", "nn": "nb", "no": "nb", "zh": "zh_Hans"}
"""Outdated codes that browsers still send, the nearest language, and default scripts."""


@cache
def languages(domain: str = READERS) -> Sequence[str]:
    """Return the codes of all languages of a catalogue, the source language first."""
    return [SOURCE, *sorted(path.parent.parent.name for path in FOLDER.glob(f"*/*/{domain}.po"))]


def file_of(code: str, domain: str = READERS) -> Path:
    """Return the path of a language's catalogue."""
    return FOLDER / code / "LC_MESSAGES" / f"{domain}.po"


def catalogue(code: str, domain: str = READERS) -> Catalog:
    """Return the catalogue of a language.

    Raises:
        OSError: the file does not exist.
    """
    with file_of(code, domain).open("rb") as file:
        return read_po(file, locale=code)


class _Later(NullTranslations):
    """The sentences of moderators and owners, read when one of them is first asked for."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code

    def gettext(self, message: str) -> str:
        return str(_compiled(self.code, STAFF).gettext(message))

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        return str(_compiled(self.code, STAFF).ngettext(singular, plural, num))


@cache
def translations(code: str) -> NullTranslations:
    """Return the gettext translations of a language; empty ones for the source language."""
    found = _compiled(code, READERS)
    if code in languages(STAFF):
        found.add_fallback(_Later(code))
    return found


@cache
def _compiled(code: str, domain: str) -> NullTranslations:
    if code == SOURCE or code not in languages(domain):
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(code, domain))
    compiled.seek(0)
    return Translations(compiled)


def told(code: str, said: str) -> str:
    """Return an English sentence for moderators in a language; unchanged if it has no translation.

    The sentence may be filled in already, as it is stored: its template is found again, and its
    values are kept. A value named ``why`` is a sentence itself.
    """
    if code == SOURCE or not said or len(said) > MAX_TOLD:
        return said
    words = translations(code)
    found = words.gettext(said)
    if found != said:
        return found
    for pattern, template in _filled_templates():
        if match := pattern.fullmatch(said):
            values = match.groupdict()
            if "why" in values:
                values["why"] = told(code, values["why"])
            return words.gettext(template) % values
    return said


@cache
def _filled_templates() -> Sequence[tuple[re.Pattern[str], str]]:
    """Return (pattern, template) of every template with that comment, the most telling first."""
    with TEMPLATES[STAFF].open("rb") as file:
        found = [_first(message) for message in read_po(file) if FILLED in message.auto_comments]
    templates = sorted(found, key=lambda one: len(_PLACEHOLDER.sub("", one)), reverse=True)
    return [(_pattern(template), template) for template in templates if "%(" in template]


def _pattern(template: str) -> re.Pattern[str]:
    """Return what a template matches once it is filled in; a value that comes twice is one."""
    named: set[str] = set()
    pieces = []
    for at, piece in enumerate(_PLACEHOLDER.split(template)):
        if at % 2 == 0:
            pieces.append(re.escape(piece))
        else:
            pieces.append(f"(?P={piece})" if piece in named else f"(?P<{piece}>.+?)")
            named.add(piece)
    return re.compile("".join(pieces), re.DOTALL)


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


def staff_language(code: str) -> str:
    """Return the language of a text for moderators where this one is wanted: it, or English."""
    return best_match(code, languages(STAFF)) or SOURCE


@dataclass(frozen=True)
class Completeness:
    """How complete a translation is; ``missing`` lists untranslated source sentences."""

    code: str
    name: str
    direction: str
    total: int
    missing: Sequence[str]


def completeness(code: str, domain: str = READERS) -> Completeness:
    """Return a language's completeness; incomplete plurals and fuzzy entries are missing."""
    with TEMPLATES[domain].open("rb") as file:
        sentences = [_first(message) for message in read_po(file) if message.id]
    done = translated(code, domain) if code != SOURCE else dict.fromkeys(sentences, "")
    locale = Locale.parse(code)
    return Completeness(
        code,
        (locale.get_display_name("en") or code),
        locale.text_direction,
        len(sentences),
        [sentence for sentence in sentences if sentence not in done],
    )


def translated(code: str, domain: str = READERS) -> Mapping[str, object]:
    """Return sentence → translation for all complete translations."""
    if not file_of(code, domain).exists():
        return {}
    found = catalogue(code, domain)
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
