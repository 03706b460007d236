"""Words of a comment as the filter reads them, each with its place in the text as typed.

Made from folded text: lower case, Latin accents off, drawn-out letters shortened, digits alike,
URLs and e-mail addresses one sign each with their registrable domain kept apart.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from comment_service.text.folding import Folded, fold
from comment_service.text.links import domain

URL_SIGN = "\ue000"
MAIL_SIGN = "\ue001"
# A comment is read up to here; what follows is scored by its own length of text, not in full.
MAX_CHARS = 20_000

_MARKUP = r"</?[a-z][^<>]{0,300}>|\[/?(?:url|link|img|b|i)(?:=[^\]\s]{0,300})?\]"
_URL = (
    r"(?:https?|ftp)://[^\s<>\"'\])]{1,500}|www\.[^\s<>\"'\])]{1,500}"
    r"|(?<![\w@.-])(?:[a-z0-9-]{2,63}\.){1,4}[a-z]{2,18}(?:/[^\s<>\"'\])]{0,500})(?!\w)"
    r"|(?<![\w@.-])(?:[a-z0-9-]{2,63}\.){1,4}(?:com|net|org|info|biz|ru|cn|top|xyz|online|site|shop"
    r"|store|club|live|pro|vip|icu|link|click|win|bet|casino|loan|tk|ml|ga|cf|gq|cc|ws|su"
    # Shorteners and countries whose ending is no word and no file's in the languages of most blogs.
    r"|ly|gl|uk|tv|nl|fr|br|au|website|space|tech)(?!\w)"
)
# Vowels and tones of many scripts are marks, which re counts among no word's characters.
# None of them is a letter to re, so no text has two readings and none costs more than its length.
_MARKS = "".join(
    mark for mark in map(chr, range(0x300, 0x1D00)) if unicodedata.category(mark)[0] == "M"
)
_WORD = rf"[^\W_]+(?:[{_MARKS}]+[^\W_]+)*[{_MARKS}]*"
# Words that end at a blank or a comma are most of any text and can be nothing else: tried first.
_TOKEN = re.compile(
    rf"(?P<plain>{_WORD}(?:['’]{_WORD})*(?=[\s,;!?)]|\Z))|(?P<url>{_URL})|(?P<mail>[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,4}})"
    rf"|(?P<markup>{_MARKUP})|(?P<word>{_WORD}(?:['’]{_WORD})*)|(?P<sign>(?P<one>[^\w\s]|_)(?P=one)*)",
    re.IGNORECASE,
)
_HREF = re.compile(rf"{_URL}", re.IGNORECASE)
_LONG = re.compile(r"(.)\1{2,}")
_DIGIT = re.compile(r"\d")
_LATIN_ACCENT = re.compile(r"([a-z])[\u0300-\u036f]+")
# 1 and | stand for i as often as for l, so the filter does not tell i from l at all.
_ALIKE = str.maketrans({"l": "i", "’": "'", "ё": "е"})


@dataclass(frozen=True)
class Token:
    """One word, sign or address: the form that is hashed and its range in the original text."""

    form: str
    start: int
    end: int


@dataclass(frozen=True)
class Tokens:
    """What the filter reads of a text.

    ``tokens`` in order; ``links`` as they stand in the folded text, and ``link_places``, the token
    each stands in; ``folded``, the text itself.
    """

    tokens: tuple[Token, ...]
    links: tuple[str, ...]
    link_places: tuple[int, ...]
    folded: Folded

    @property
    def domains(self) -> tuple[str, ...]:
        """Return the registrable domain of each link, "" where it has none."""
        return tuple(domain(link) for link in self.links)


def tokenise(text: str) -> Tokens:
    """Return the tokens of the first 20,000 characters of a raw comment."""
    folded = fold(text[:MAX_CHARS])
    tokens: list[Token] = []
    links: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(folded.text):
        kind = match.lastgroup or "sign"
        found = _HREF.findall(match[0]) if kind in ("url", "markup") else []
        links += [(link.rstrip(".,;:!?*_~`"), len(tokens)) for link in found]
        if form := _form(kind, match[0], bool(found)):
            tokens.append(Token(form, *folded.span(*match.span())))
    addresses, places = tuple(a for a, _ in links), tuple(p for _, p in links)
    return Tokens(tuple(tokens), addresses, places, folded)


def _form(kind: str, piece: str, has_link: bool) -> str:
    """Return what is hashed of one piece of text; "" for markup without a link."""
    if kind == "url" or (kind == "markup" and has_link):
        return URL_SIGN
    if kind == "mail":
        return MAIL_SIGN
    if kind == "markup":
        return ""
    return piece[:3] if kind == "sign" else word_form(piece)


@lru_cache(maxsize=16384)
def word_form(word: str) -> str:
    """Return the form in which a word is hashed (``"Sooooo"`` → ``"soo"``)."""
    form = word.lower()
    if not form.isascii():
        form = _LATIN_ACCENT.sub(r"\1", unicodedata.normalize("NFKD", form))
        form = unicodedata.normalize("NFC", form)
    form = _DIGIT.sub("0", form).translate(_ALIKE)
    return _LONG.sub(r"\1\1", form)[:40] if not form.startswith("0") else form[:6]
