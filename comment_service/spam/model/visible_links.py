"""Find the links of a text as a reader counts them: target and words of one link are one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from comment_service.spam.features.tokens import Tokens
from comment_service.text.links import host

# Between the target of a link and its words, in HTML and BBCode; the other way round in Markdown.
_TAGS, _MARKDOWN = re.compile(r"(?:<[^<>/][^<>]*>)*"), "]("
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"'\])]+", re.IGNORECASE)
# The host of a mail address with a blank in it: "ann@ mail.example".
_MAIL = re.compile(r"@\s*\Z")


@dataclass(frozen=True)
class VisibleLink:
    """One link: its tokens ``places``, its ``host`` and its half-open range in the typed text."""

    places: tuple[int, ...]
    host: str
    start: int
    end: int


def visible_links(text: str, tokens: Tokens) -> list[VisibleLink]:
    """Return the links of a text in order, each once, with the host as typed.

    Args:
        text: the text as typed.
        tokens: its tokens.
    """
    found: list[VisibleLink] = []
    in_tokens = zip(tokens.link_places, tokens.links, strict=True)
    for place, links in groupby(in_tokens, itemgetter(0)):
        token = tokens.tokens[place]
        before, behind = (
            text[max(token.start - 3, 0) : token.start],
            text[token.end : token.end + 1],
        )
        if behind == "@" or _MAIL.search(before):
            continue
        typed = text[token.start : token.end]
        address = typed
        if typed[0] in "<[":
            match = _ADDRESS.search(typed)
            address = match[0] if match else next(links)[1]
        link = VisibleLink((place,), host(address).removeprefix("www."), token.start, token.end)
        if found and (joined := _joined(text, found[-1], link)):
            found[-1] = joined
        else:
            found.append(link)
    return found


def _joined(text: str, one: VisibleLink, other: VisibleLink) -> VisibleLink | None:
    """Return two neighbours as one link if they are target and words of one, else None."""
    between = text[one.end : other.start]
    if between == _MARKDOWN:
        named = other.host
    elif text[one.end - 1] in ">]" and text[other.start] not in "<[" and _TAGS.fullmatch(between):
        named = one.host
    else:
        return None
    return VisibleLink((*one.places, *other.places), named, one.start, other.end)
