"""Recognise texts that are a single emoji, and name it."""

import re
import unicodedata

from comment_service.text.sentences import staff_sentence

MAX_BYTES = 16
"""Maximum UTF-8 bytes of one emoji; longer family sequences are refused."""

MAX_EMOJI = 8
"""Most reactions that a site offers."""

_BASE = r"[©®‼-㊙\U0001f000-\U0001faff]"
_ONE = rf"{_BASE}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_EMOJI = re.compile(
    rf"(?:{_ONE}(?:\u200d{_ONE})*|[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3)"
)
_SIGNS = {"So", "Sm", "Po", "Pd"}


def is_emoji(text: str) -> bool:
    """Return True if a text is a single emoji of at most ``MAX_BYTES``."""
    if not _EMOJI.fullmatch(text) or len(text.encode()) > MAX_BYTES:
        return False
    return text[0] in "0123456789#*" or unicodedata.category(text[0]) in _SIGNS


def emoji_list(typed: str) -> str:
    """Return emoji as stored: without duplicates, separated by one space; "" for 0.

    Raises:
        ValueError: something else is in the text, or more than ``MAX_EMOJI``.
    """
    symbols = list(dict.fromkeys(typed.split()))
    if symbols == ["0"]:
        return ""
    if len(symbols) > MAX_EMOJI or not all(is_emoji(symbol) for symbol in symbols):
        raise ValueError(
            staff_sentence(
                "Up to %(number)s emoji with spaces between them, such as 👍 ❤️ 🎉.",
                number=MAX_EMOJI,
            )
        )
    return " ".join(symbols)


def emoji_name(text: str) -> str:
    """Return the English Unicode name of an emoji's first character."""
    return unicodedata.name(text[:1], text).capitalize()
