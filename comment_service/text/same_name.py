"""Compare names as readers see them: without look-alikes, invisible characters and decoration."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from comment_service.text.lookalikes import plain_letter
from comment_service.text.visible import BLANKS

Words = Sequence[str]

_ROLES = frozenset(
    "admin administrator moderator mod owner webmaster sysadmin staff superuser root "  # noqa: SIM905
    "administratorin moderatorin administrateur modérateur administrador moderador "
    "amministratore moderatore админ администратор модератор 管理员 管理者".split()
)
"""Names that readers take for the site's own people, in common languages."""
_FILLERS = frozenset(
    "the site website blog page forum comments comment team head chief our".split()  # noqa: SIM905
)
_DECORATION = frozenset(
    "official verified real jr sr junior senior author op team the dr mr mrs ms ii iii".split()  # noqa: SIM905
)
_SIGNS = re.compile("[©®™℠]")  # NFKD makes letters of them
_EUROPEAN_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_SELECTORS = "\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_DROPPED = re.compile(f"[{_EUROPEAN_MARKS}{_SELECTORS}]")
_DIGITS = str.maketrans("0134578", "oleastb")
_LETTER_SIGNS = str.maketrans("@$!|€", "aslle")
_SAME = (("i", "l"), ("rn", "m"), ("vv", "w"))


def imitates(name: str, other: str) -> bool:
    """Return True if readers would take ``name`` for ``other``.

    Whole names are compared; decoration around the other name ("✓", "(admin)", "Jr") is ignored.
    """
    wanted = _wholes(other)
    if not wanted:
        return " ".join(name.casefold().split()) == " ".join(other.casefold().split())
    return not wanted.isdisjoint(_without_decoration(name))


def is_role(name: str) -> bool:
    """Return True if a name is a role ("Admin", "Site owner") and no person's name."""
    roles, fillers = _skeletons(_ROLES), _skeletons(_FILLERS | _DECORATION)
    return any(not roles.isdisjoint(_bare(words, fillers)) for words in _readings(name))


@lru_cache(maxsize=1024)
def _wholes(name: str) -> frozenset[str]:
    """Return the readings of a name, each in one piece."""
    return frozenset("".join(words) for words in _readings(name)) - {""}


@lru_cache(maxsize=1024)
def _without_decoration(name: str) -> frozenset[str]:
    """Return what is left of a name without decoration and roles; compared with many names."""
    around = _skeletons(_DECORATION | _ROLES)
    return frozenset(bare for words in _readings(name) for bare in _bare(words, around))


def _bare(words: Words, around: frozenset[str]) -> Iterator[str]:
    """Yield a name with less and less of the words around it, in one piece."""
    whole = "".join(words)
    yield whole
    for extra in filter(_can_be_glued, around):
        yield whole.removeprefix(extra)
        yield whole.removesuffix(extra)
    first = next((n for n, word in enumerate(words) if word not in around), len(words))
    last = next((n for n, word in enumerate(reversed(words)) if word not in around), len(words))
    for start in range(first + 1):
        for end in range(len(words) - last, len(words) + 1):
            yield "".join(words[start:end])


def _can_be_glued(word: str) -> bool:
    """Return True if a word is too long to be the beginning or end of a name by chance."""
    return len(word) > 3


def _readings(name: str) -> Sequence[Words]:
    """Return the words of a name: with signs such as ``@`` as punctuation, and as letters."""
    plain = _plain(name)
    texts = dict.fromkeys((plain, plain.translate(_LETTER_SIGNS)))
    return [[_skeleton(word) for word in _words(text)] for text in texts]


def _words(text: str) -> Words:
    """Split a text at everything but letters, digits and marks."""
    spaced = (c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return "".join(spaced).split()


def _plain(name: str) -> str:
    """Return a name in lower case with plain letters in place of styled and look-alike ones."""
    text = _SIGNS.sub("", name)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not _is_unseen(c))
        text = "".join(map(plain_letter, _DROPPED.sub("", text)))
    return text.casefold()


def _is_unseen(char: str) -> bool:
    return char in BLANKS or unicodedata.category(char) in ("Cf", "Cc", "Cs", "Co", "Cn")


def _skeleton(word: str) -> str:
    """Return what is left of a word when letters and digits that look alike are one."""
    text = word if word.isdecimal() else word.translate(_DIGITS)
    for one, other in _SAME:
        text = text.replace(one, other)
    return text


@cache
def _skeletons(words: frozenset[str]) -> frozenset[str]:
    return frozenset(_skeleton(_plain(word)) for word in words)
