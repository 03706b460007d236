"""A filled-in English sentence is shown in another language: its template is found again."""

from collections.abc import Iterator

import pytest
from babel.support import NullTranslations

from comment_service import catalogues
from comment_service.text.sentences import staff_sentence
from tests import catalogues as source

GERMAN = {
    "First comment by this author": "Erster Kommentar dieser Person",
    "“%(words)s” is typical of spam": "„%(words)s“ ist typisch für Spam",
    "Kept as a candidate: %(why)s.": "Als Kandidat behalten: %(why)s.",
    "nothing speaks against it; there are no new decisions to compare on": "nichts dagegen",
    "%(number)s links, more than the %(allowed)s allowed": "%(allowed)s erlaubt, nicht %(number)s",
}


class German(NullTranslations):
    def gettext(self, message: str) -> str:
        return GERMAN.get(message, message)


@pytest.fixture(autouse=True)
def german(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(catalogues, "translations", lambda _code: German())
    yield


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("First comment by this author", "Erster Kommentar dieser Person"),
        ("“50% off\nnow” is typical of spam", "„50% off\nnow“ ist typisch für Spam"),
        ("“%(words)s” is typical of spam", "„%(words)s“ ist typisch für Spam"),
        ("7 links, more than the 3 allowed", "3 erlaubt, nicht 7"),
        (
            "Kept as a candidate: nothing speaks against it; there are no new decisions to compare"
            " on.",
            "Als Kandidat behalten: nichts dagegen.",
        ),
        ("Kept as a candidate: made by hand.", "Als Kandidat behalten: made by hand."),
        ("What nobody marked: 7", "What nobody marked: 7"),
        ("", ""),
    ],
)
def test_a_sentence_is_told_in_another_language(said: str, meant: str) -> None:
    assert catalogues.told("de", said) == meant


def test_the_source_language_stays_as_it_is() -> None:
    assert catalogues.told("en", "“buy” is typical of spam") == "“buy” is typical of spam"


def test_a_very_long_sentence_costs_nothing() -> None:
    long = "“" + "a" * catalogues.MAX_TOLD + "” is typical of spam"
    assert catalogues.told("de", long) == long


def test_values_are_filled_in_and_plain_sentences_kept() -> None:
    assert staff_sentence("%(number)s links", number=7) == "7 links"
    assert staff_sentence("100% plain") == "100% plain"


def test_every_template_with_values_is_found_again() -> None:
    templates = catalogues._filled_templates()
    for _pattern, template in templates:
        names = catalogues._PLACEHOLDER.findall(template)
        filled = template % {name: f"the {name}" for name in names}
        assert next(one for pattern, one in templates if pattern.fullmatch(filled)) == template


def test_sentences_for_moderators_are_in_no_readers_catalogue() -> None:
    """A file of any layer may say one; readers' translators do not see it."""
    assert "Flood protection is on" in source.extract(catalogues.STAFF)
    assert "Flood protection is on" not in source.extract(catalogues.READERS)
