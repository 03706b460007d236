"""Join the tokens of a text to words, and find where its clauses end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from comment_service.spam.features.reading import Reading
from comment_service.spam.features.tokens import URL_SIGN, Token

# Signs that always end a clause, and signs that do at the end of a word.
_ALWAYS_ENDS = re.compile(r"''|([*=~_-])\1|[()\[\]{}\"“”„«»<>|•،。、，；！？।【】「」『』（）《》]")
_ENDS_WITH_BLANK = re.compile(r"[.!?;:,…]\Z")
# Between two tokens: markup is no token.
_PARTS = re.compile(r"\n|  |[<\[]")
# Signs that part words if blanks are on both sides, as in a list.
_APART = frozenset("-–—~*/")
# Signs that belong to the word before or after them: "@name", "$5", "C#", "50%".
_BEFORE, _AFTER = "@#$€£₹¥(", "%€£₹$@#+"
# HTML that was escaped before it was submitted: before a word, and after it.
_ENTITIES_BEFORE = re.compile(r"(?:&?(?:quot|amp|lt|gt|nbsp|#39);)*")
_ENTITIES_AFTER = tuple(
    f"&{name}{end}" for name in ("quot", "amp", "lt", "gt", "nbsp", "#39") for end in (";", "")
)
# Part of an address.
_QUERY = re.compile(r"[?&]\w+=")
#: A number, perhaps with signs in it.
NUMBER = re.compile(r"[+(]*\d[\d.,:()+-]*")


class Word(NamedTuple):
    """Tokens with no blank between them: "24/7", "do-follow", "0.05".

    ``first`` and ``last`` token; half-open range ``start`` to ``end`` of the text without the
    signs around it; ``core``, that range in lower case, "" for signs and for addresses; ``weight``,
    the sum of its tokens'; ``stops``, whether a clause ends after it.
    """

    first: int
    last: int
    start: int
    end: int
    core: str
    weight: float
    stops: bool


def words_of(text: str, reading: Reading, weights: Sequence[float]) -> list[Word]:
    """Join the tokens that no blank, bracket or address separates."""
    tokens = reading.tokens.tokens
    words: list[Word] = []
    first = 0
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        stops = _ends_clause(text, token, after.start if after else len(text))
        if (
            after
            and not stops
            and token.end >= after.start
            and not _stands_alone(text, token, after)
        ):
            continue
        word = _word(text, tokens[first : at + 1], first, weights, stops=stops)
        first = at + 1
        if words and _continues_number(words[-1], word):
            word = _joined(text, words.pop(), word)
        words.append(word)
    return words


def _without_entities(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without entities at its ends."""
    if before := _ENTITIES_BEFORE.match(text, start, end):
        start = before.end()
    while found := next((e for e in _ENTITIES_AFTER if text.endswith(e, start, end)), ""):
        end -= len(found)
    return start, end


def _continues_number(before: Word, word: Word) -> bool:
    """Return True for groups of digits such as "500 000" or "+1 202 555 0176", and "R$ 5"."""
    if before.stops or not word.core[-1:].isdecimal() or not NUMBER.fullmatch(word.core):
        return False
    return bool(NUMBER.fullmatch(before.core) or before.core.endswith(tuple("$€£₹¥")))


def _joined(text: str, one: Word, other: Word) -> Word:
    core = text[one.start : other.end].lower().replace(" ", "")
    weight = one.weight + other.weight
    return other._replace(first=one.first, start=one.start, core=core, weight=weight)


def _stands_alone(text: str, token: Token, after: Token) -> bool:
    """Return True if one of two adjacent tokens is an address, markup or a bracket."""
    return any(
        t.form == URL_SIGN
        or (_ALWAYS_ENDS.search(text, t.start, t.end) and not _is_area_code(text, t))
        or _is_end_inside(text, t)
        for t in (token, after)
    )


def _is_area_code(text: str, token: Token) -> bool:
    """Return True for a bracket around digits, as in "(713) 555-0199"."""
    bracket = text[token.start : token.end]
    inside = (
        text[token.end : token.end + 1] if bracket == "(" else text[token.start - 1 : token.start]
    )
    return bracket in ("(", ")") and inside.isdecimal()


def _word(
    text: str, tokens: Sequence[Token], first: int, weights: Sequence[float], *, stops: bool
) -> Word:
    last = first + len(tokens) - 1
    piece = text[tokens[0].start : tokens[-1].end]
    if last == first and piece.isalnum():
        return Word(
            first, last, tokens[0].start, tokens[0].end, piece.lower(), weights[first], stops
        )
    start, end = _trimmed(text, tokens[0].start, tokens[-1].end)
    if "&" in piece:
        start, end = _without_entities(text, start, end)
    core = text[start:end].lower()
    if (
        tokens[0].form == URL_SIGN
        or ("=" in core and _QUERY.search(core))
        or not any(map(str.isalnum, core))
    ):
        core = ""
    return Word(first, last, start, end, core, sum(weights[first : last + 1]), stops)


def _ends_clause(text: str, token: Token, after: int) -> bool:
    """Return True if a clause ends between a token and the next one, which starts at ``after``."""
    between = text[token.end : after]
    if between != " " and _PARTS.search(between):
        return True
    if token.form == URL_SIGN:
        return token.end < after or text[token.start] in "<["  # an address or markup
    piece = text[token.start : token.end]
    return not piece.isalnum() and _is_end(text, token, piece, after)


def _is_end(text: str, token: Token, piece: str, after: int) -> bool:
    """Return True if a token that is no word, ``piece``, ends a clause."""
    if _ALWAYS_ENDS.search(piece):
        return not _is_area_code(text, token)
    if len(piece) == 1 and not piece.isascii() and unicodedata.category(piece) == "So":
        return True  # an emoji or an ornament
    before, behind = text[token.start - 1 : token.start], text[token.end : token.end + 1]
    if piece in (",", ";", "!", "?") and before.isspace():
        return True  # typed before the next word instead of after the last one
    if piece in _APART and before.isspace() and behind.isspace():
        return not text[token.end : after + 1].strip().isdecimal()
    if _is_end_inside(text, token):
        return True
    at_blank = token.end < after or after == len(text)
    return bool(at_blank and _ENDS_WITH_BLANK.search(piece))


def _is_end_inside(text: str, token: Token) -> bool:
    """Return True for a sign that ends a clause between two letters, without a blank."""
    if text[token.start] not in ",!?" or _QUERY.match(text, token.start):
        return False
    return (
        text[token.start - 1 : token.start].isalpha() and text[token.end : token.end + 1].isalpha()
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Strip characters that are neither letters nor digits from both ends of a range.

    A range without letters and digits is returned unchanged. Combining marks stay with the letter
    before them: in many scripts they are its vowel. So do signs such as "@", "$" and "%".
    """
    first, last = start, end
    while first < end and not text[first].isalnum():
        first += 1
    if first == end:
        return start, end
    while not text[last - 1].isalnum():
        last -= 1
    while last < end and (unicodedata.category(text[last])[0] == "M" or text[last] in _AFTER):
        last += 1
    if first > start and text[first - 1] in _BEFORE:
        first -= 1
    return first, last
