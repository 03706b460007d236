"""Fill the templates of ``benchmarks/templates``: advertisements and honest replies.

The files in ``spam`` have one template a line after its kind and language, those in ``honest``
after its language; ``slots.txt`` has the words to fill in. ``{a|b}`` is a choice, ``<TRADE>`` a
slot, ``<L>`` a link, ``<U>`` an address, ``<F>`` a page of a firm, ``<R>`` a reference of a reader,
``<M>`` an e-mail address, ``<N>`` a phone number, ``<FIRM>`` a firm, ``<X>`` a random word. Honest
replies are made in all languages of the advertisements and touch the same subjects, and the
sentences of the widget in all its languages are neutral rows, so that neither a language nor a
subject counts as evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

import spam_links
from babel.messages.pofile import read_po
from spam_spun import Row, link, made_row, spin

HERE = Path(__file__).parent / "templates"
CATALOGUES = Path(__file__).parents[1] / "comment_service" / "translations"
#: Weight of a made row; a real one has 1. Only English has many honest rows of all kinds.
ENGLISH_WEIGHT, SPAM_WEIGHT, HONEST_WEIGHT = 0.5, 0.25, 0.5
#: Share of the links that lead to a page without words of a trade in its domain.
FIRM_SHARE = 0.4
#: Shortest sentence of the widget, in characters, that becomes a neutral row.
_SENTENCE = 15
_SLOT = re.compile(r"<([A-Z]+)>")
_MAIL_HOSTS, _DIAL = ("gmail", "outlook", "mail", "proton"), ("+1", "+44", "+49 ", "0", "+91 ")
_MADE: dict[str, Callable[[Random], str]] = {
    "F": spam_links.page_of_firm,
    "FIRM": spam_links.firm,
    "R": spam_links.reference,
    "X": spam_links.random_word,
}
_ENDINGS = ("com", "net", "org", "info", "co", "online", "site", "shop", "xyz", "top", "club", "io")


@cache
def _lines(name: str) -> tuple[str, ...]:
    """Return the lines of a file, or of all files of a folder, without comments."""
    paths = sorted((HERE / name).glob("*.txt")) or [HERE / name]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def slots() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (language, slot) → words."""
    found = {}
    for line in _lines("slots.txt"):
        name, _, words = line.partition(": ")
        language, _, slot = name.partition(".")
        found[language, slot] = tuple(words.split("|"))
    return found


def kinds() -> list[str]:
    """Return the kinds of spam, in the order of the files."""
    return list(dict.fromkeys(line.split(" ", 1)[0] for line in _lines("spam")))


def spam(each: int, seed: int = 20_261_129) -> Iterator[Row]:
    """Yield ``each`` comments per template, those of one kind in one group."""
    draw = Random(seed)  # noqa: S311 - no secret is drawn
    for line in _lines("spam"):
        kind, language, template = line.split(" ", 2)
        for _ in range(each):
            text = _fill(spin(template, draw), language, draw)
            weight = ENGLISH_WEIGHT if language == "en" else SPAM_WEIGHT
            yield made_row(text, "spam", f"made-{kind}", language, weight)


def honest(each: int, seed: int = 20_261_130) -> Iterator[Row]:
    """Yield ``each`` honest comments per template."""
    draw = Random(seed)  # noqa: S311 - no secret is drawn
    for line in _lines("honest"):
        language, template = line.split(" ", 1)
        for _ in range(each):
            text = _fill(spin(template, draw), language, draw)
            yield made_row(text, "ham", "made-honest", language, HONEST_WEIGHT)


def neutral() -> Iterator[Row]:
    """Yield the sentences of the widget in every language, as honest rows."""
    for path in sorted(CATALOGUES.glob("*/LC_MESSAGES/messages.po")):
        language = path.parts[-3].partition("_")[0]
        with path.open("rb") as file:
            messages = read_po(file)
        for message in filter(lambda one: one.id, messages):  # the first is the file's header
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            for text in texts:
                plain = re.sub(r"%(?:\(\w+\))?s|%\(\w+\)d", "…", text)
                if len(plain) >= _SENTENCE:
                    yield made_row(plain, "ham", "made-neutral", language, HONEST_WEIGHT)


def _fill(text: str, language: str, draw: Random) -> str:
    while found := _SLOT.search(text):
        text = text[: found.start()] + _value(found[1], language, draw) + text[found.end() :]
    return re.sub(r"\s+", " ", text).strip()


def _value(slot: str, language: str, draw: Random) -> str:
    if make := _MADE.get(slot):
        return make(draw)
    words = slots().get((language, slot)) or slots().get(("en", slot))
    if words:
        return draw.choice(words)
    trade = draw.choice(slots()[language, "TRADE"])
    if slot == "L":
        of_firm = draw.random() < FIRM_SHARE
        return spam_links.page_of_firm(draw) if of_firm else link(draw, trade)
    if slot == "U":
        return f"https://{re.sub(r'[^a-z0-9]+', '-', trade.lower())}.{draw.choice(_ENDINGS)}/"
    if slot == "M":
        owner = draw.choice([trade, spam_links.firm(draw), *slots()["en", "NAME"][:2]])
        local = re.sub(r"[^a-z]+", "", owner.lower())[:16] or "office"
        return f"{local}{draw.randrange(999)}@{draw.choice(_MAIL_HOSTS)}.com"
    if slot == "N":
        groups = (draw.randrange(100, 999), draw.randrange(100, 999), draw.randrange(1000, 9999))
        return draw.choice(_DIAL) + " ".join(map(str, groups))
    raise ValueError(f"templates use an unknown slot <{slot}>")
