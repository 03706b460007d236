"""Split a comment into the tokens that the filter reads, each with its range in the typed text.

Tokens come from folded text: lower case, no Latin accents, repeated letters shortened, all digits
equal, one placeholder character for each URL and e-mail address. Registrable domains of URLs are
kept separately.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from comment_service.text.folding import Folded, fold
from comment_service.text.links import domain

URL_SIGN = "\ue000"
MAIL_SIGN = "\ue001"
# Text after this many characters is ignored.
MAX_CHARS = 20_000

_MARKUP = r"</?[a-z][^<>]{0,300}>|\[/?(?:url|link|img|b|i)(?:=[^\]\s]{0,300})?\]"
_URL = (
    r"(?:https?|ftp)://[^\s<>\"'\])]{1,500}|www\.[^\s<>\"'\])]{1,500}"
    r"|(?<![\w@.-])(?:[a-z0-9-]{2,63}\.){1,4}[a-z]{2,18}(?:/[^\s<>\"'\])]{0,500})(?!\w)"
    r"|(?<![\w@.-])(?:[a-z0-9-]{2,63}\.){1,4}(?:com|net|org|info|biz|ru|cn|top|xyz|online|site|shop"
    r"|store|club|live|pro|vip|icu|link|click|win|bet|casino|loan|tk|ml|ga|cf|gq|cc|ws|su"
    # Shorteners and countries whose ending is neither a common word nor a file extension.
    r"|ly|gl|uk|tv|nl|fr|br|au|website|space|tech)(?!\w)"
)
# Vowels and tones of many scripts are combining marks, which re does not match as \w.
# No mark is a letter to re, so matching is unambiguous and takes linear time.
_MARKS = "".join(
    mark for mark in map(chr, range(0x300, 0x1D00)) if unicodedata.category(mark)[0] == "M"
)
_WORD = rf"[^\W_]+(?:[{_MARKS}]+[^\W_]+)*[{_MARKS}]*"
# Words that end at a blank or a comma are the most common and unambiguous: tried first.
_TOKEN = re.compile(
    rf"(?P<plain>{_WORD}(?:['’]{_WORD})*(?=[\s,;!?)]|\Z))|(?P<url>{_URL})|(?P<mail>[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,4}})"
    rf"|(?P<markup>{_MARKUP})|(?P<word>{_WORD}(?:['’]{_WORD})*)|(?P<sign>(?P<one>[^\w\s]|_)(?P=one)*)",
    re.IGNORECASE,
)
_HREF = re.compile(rf"{_URL}", re.IGNORECASE)
# Markup is the only token that may contain white space.
_SPACED_MARKUP = re.compile(r"<[^<>\s]*\s[^<>]*>")
# Longer pieces rarely come again.
_MAX_KEPT_PIECE = 32
#: Signs that end a word, also if nothing but a blank comes after them.
_END_SIGNS = frozenset(".,:;!?)")
_LONG = re.compile(r"(.)\1{2,}")
_DIGIT = re.compile(r"\d")
_LATIN_ACCENT = re.compile(r"([a-z])[\u0300-\u036f]+")
# 1 and | replace i as often as l, so the filter treats i and l as the same letter.
_ALIKE = str.maketrans({"l": "i", "’": "'", "ё": "е"})


@dataclass(frozen=True)
class Token:
    """One word, sign or address: the form that is hashed and its range in the original text."""

    form: str
    start: int
    end: int


class _Piece(NamedTuple):
    """A piece of folded text and its tokens: forms, ranges, and links with their token's index."""

    text: str
    forms: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    links: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text.

    ``forms`` in order; ``links`` as written in the folded text; ``link_places``, the index of the
    token that contains each link; ``folded``, the folded text.
    """

    forms: tuple[str, ...]
    links: tuple[str, ...]
    link_places: tuple[int, ...]
    folded: Folded

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Return the forms with their ranges; training never asks for them."""
        text, at, spans = self.folded.text, 0, []
        for piece in _pieces(text):
            at = text.index(piece.text, at)
            spans += [self.folded.span(at + start, at + end) for start, end in piece.spans]
            at += len(piece.text)
        return tuple(Token(form, *span) for form, span in zip(self.forms, spans, strict=True))

    @property
    def domains(self) -> tuple[str, ...]:
        """Return the registrable domain of each link, "" if it has none."""
        return tuple(domain(link) for link in self.links)


def tokenise(text: str) -> Tokens:
    """Return the tokens of the first 20,000 characters of a raw comment."""
    folded = fold(text[:MAX_CHARS])
    forms: list[str] = []
    links: list[str] = []
    places: list[int] = []
    for piece in _pieces(folded.text):
        if piece.links:
            links += [link for link, _ in piece.links]
            places += [len(forms) + place for _, place in piece.links]
        forms += piece.forms
    return Tokens(tuple(forms), tuple(links), tuple(places), folded)


def _pieces(text: str) -> list[_Piece]:
    """Return the pieces between white space, or the whole text as one piece.

    Most words of a text have been cut before, so a piece is usually found in the cache.
    """
    if "<" in text and _SPACED_MARKUP.search(text):
        return [_cut(text)]
    words = text.split()
    if max(map(len, words), default=0) <= _MAX_KEPT_PIECE:
        return list(map(_cut_word, words))
    return [_cut_word(w) if len(w) <= _MAX_KEPT_PIECE else _cut(w) for w in words]


def _cut(text: str) -> _Piece:
    """Cut folded text into tokens.

    A word alone, and one with a sign after it, are most common and need no pattern.
    """
    if text.isalnum():
        return _Piece(text, (word_form(text),), ((0, len(text)),), ())
    if text[-1:] in _END_SIGNS and (word := text[:-1]).isalnum():
        spans = ((0, len(word)), (len(word), len(text)))
        return _Piece(text, (word_form(word), text[-1]), spans, ())
    forms: list[str] = []
    places: list[tuple[int, int]] = []
    links: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "sign"
        found = _HREF.findall(match[0]) if kind in ("url", "markup") else []
        links += [(link.rstrip(".,;:!?*_~`"), len(forms)) for link in found]
        if form := _form(kind, match[0], bool(found)):
            forms.append(form)
            places.append(match.span())
    return _Piece(text, tuple(forms), tuple(places), tuple(links))


_cut_word = lru_cache(maxsize=16384)(_cut)


def _form(kind: str, piece: str, has_link: bool) -> str:
    """Return the hashed form of one piece of text; "" for markup without a link."""
    if kind == "url" or (kind == "markup" and has_link):
        return URL_SIGN
    if kind == "mail":
        return MAIL_SIGN
    if kind == "markup":
        return ""
    return piece[:3] if kind == "sign" else word_form(piece)


@lru_cache(maxsize=1024)
def word_form(word: str) -> str:
    """Return the hashed form of a word (``"Sooooo"`` → ``"soo"``)."""
    form = word.lower()
    if form.isascii():
        form = form if form.isalpha() else _DIGIT.sub("0", form)
        form = form.replace("l", "i")
    else:
        form = _LATIN_ACCENT.sub(r"\1", unicodedata.normalize("NFKD", form))
        form = _DIGIT.sub("0", unicodedata.normalize("NFC", form)).translate(_ALIKE)
    return _LONG.sub(r"\1\1", form)[:40] if not form.startswith("0") else form[:6]
