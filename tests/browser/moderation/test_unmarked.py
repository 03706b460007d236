"""Every sentence of the moderation pages is marked for translation.

The pages are opened in a language whose catalogue says the English sentence again, between two
signs that nobody sees. What stands outside of the signs is no sentence of a catalogue.
"""

import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from playwright.sync_api import Browser

from comment_service import catalogues
from comment_service.web.http import locale
from tests.browser.page_states import LOOKS, Look, Visit
from tests.browser.populated_site import Furnished
from tests.browser.reader import Reader

pytestmark = pytest.mark.slow

BEGIN, END = "\u200b", "\u00ad"
"""A zero-width space and a soft hyphen, which Playwright leaves out where it looks for words."""
FILLED_IN = re.compile(r"(%\(\w+\)[sd]|<[^>]+>)")
MARKED = re.compile(f"{BEGIN}[^{END}]*{END}")
WORD = re.compile(r"[A-Za-z]{3}")
TEXTS = """() => {
  const found = [];
  const quoted = "script, style, noscript, bdi, code, pre, time, textarea, .said";
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode())
    if (!node.parentElement.closest(quoted)) found.push(node.data.trim());
  for (const name of ["title", "aria-label", "placeholder", "alt"])
    for (const part of document.body.querySelectorAll(`[${name}]`))
      if (!part.closest("time")) found.push(part.getAttribute(name).trim());
  return found;
}"""
"""The texts that a page shows or reads out; without what is quoted, such as names in ``bdi``."""
KEPT = [
    re.compile(pattern)
    for pattern in (
        r"A blog|A post|How do you tie the third knot\?|Thanks",  # sites, titles, saved replies
        r"(Mod|Olga|Robin|Ruth|Ilse|Wilhelmine von Hohenzollern|Wolfgang Amadeus),?",  # people
        r"Donau.*|תודה.*|.*He says this under every post.*|What the blogger wrote\.",  # comments
        r": (Thank you for number|casino number).*|casino|maybe|thanks",  # their words
        r"\S+@\S+|(: )?https?://\S+",  # addresses
        r"fake-1|site-default-\d|made for a test",  # models, and a note on one
        r"webhook ·|msg_\w+ ·|\w+ ·|· comment\.held",  # names and ids of webhooks and events
        r"comment-service [\w -]+",  # commands
        r"(Artalk|Artalk \(Artrans\)|Comentario|Commento|Cusdis|Disqus|HashOver|Isso|Remark42|"
        r"Staticman|Waline|WordPress):?",  # systems
        r".+ \([a-z]{2,3}(-\w+)?\)",  # languages, in their own words
        r"(Dieses Feld|Zahl muss|Keine gültige).+",  # the form library's sentences, translated
        r"line 3: not well-formed XML: mismatched tag|AttributeError: .+",  # faults, as logged
    )
]
"""What may stand in a page as it is."""


OURS = [look for look in LOOKS if look.endpoint not in {"", "embed_code.preview"}]
"""The pages for moderators; the others are what readers see."""


class Pseudo(NullTranslations):
    """The sentences of the catalogues between signs; placeholders are outside of them."""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[str] = set()
        for path in catalogues.TEMPLATES.values():
            with path.open("rb") as file:
                for message in read_po(file):
                    self.known |= {message.id} if isinstance(message.id, str) else {*message.id}

    def gettext(self, message: str) -> str:
        if message not in self.known:
            return message
        return BEGIN + FILLED_IN.sub(rf"{END}\1{BEGIN}", message) + END

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        return self.gettext(singular if num == 1 else plural)


@pytest.fixture(scope="module")
def pseudo() -> Iterator[None]:
    """Put the catalogue in the place of every other."""
    words = Pseudo()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogues, "_compiled", lambda _code, _domain: words)
        patch.setattr(catalogues, "languages", lambda _domain="": [catalogues.SOURCE, "de"])
        forget()
        yield
    forget()


def forget() -> None:
    catalogues.translations.cache_clear()
    locale._of_locale.cache_clear()
    locale.accepted_language.cache_clear()


@pytest.fixture(scope="module")
def visits(pseudo: None, furnished: Furnished, chromium: Browser) -> Iterator[dict[bool, Visit]]:
    """Return two browsers that ask for the language: an owner's and an anonymous one."""
    found = {
        known: Visit(furnished, Reader(chromium, locale="de-DE"), known=known)
        for known in (True, False)
    }
    yield found
    for visit in found.values():
        visit.reader.leave()


@pytest.mark.parametrize("look", OURS, ids=lambda look: look.name)
def test_a_page(look: Look, house: Furnished, visits: dict[bool, Visit]) -> None:
    visit = visits[look.known]
    look.open(visit)
    visit.page.wait_for_load_state("load")
    assert BEGIN in visit.page.content()
    texts = {MARKED.sub("\n", text) for text in visit.page.evaluate(TEXTS)}
    pieces = {piece.strip() for text in texts for piece in text.split("\n")}
    assert sorted(piece for piece in pieces if WORD.search(piece) and not is_kept(piece)) == []


def is_kept(piece: str) -> bool:
    return any(pattern.fullmatch(piece) for pattern in KEPT)
