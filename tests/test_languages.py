"""Every language: every sentence, plural form and placeholder, and every page in it."""

import re

import pytest
from babel import Locale
from babel.messages.catalog import Message
from flask import Flask

from comment_service import catalogues
from tests import catalogues as source
from tests.conftest import MakeApp
from tests.people import PAGE, Guest
from tests.readers import Reader

ASKED = (
    *("ar", "fa", "he", "ur", "zh_Hans", "zh_Hant", "ja", "ko"),
    *("hi", "ru", "uk", "pl", "tr", "id", "vi", "th"),
)
OTHERS = catalogues.languages()[1:]
FILES = [
    (code, domain) for domain in catalogues.TEMPLATES for code in catalogues.languages(domain)[1:]
]
STAFF = ("de", "fr", "es", "pt_BR", "it", "nl", "pl", "ja", "zh_Hans", "ru", "ar")
"""Languages in which moderators and owners can work, besides English."""
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
COUNTS = {"ar", "he", "sl"}
"""Languages in which a form may say its number in a word: "two people" has one of its own."""
FEW = {"num"}


def forms(message: Message) -> list[str]:
    said = message.string
    return [said] if isinstance(said, str) else list(said or ())


def bare_percent(words: str) -> bool:
    return "%" in PLACEHOLDER.sub("", words).replace("%%", "")


def wanted(message: Message) -> set[str]:
    told = message.id if isinstance(message.id, str) else message.id[-1]
    return set(PLACEHOLDER.findall(told))


def test_there_are_forty_languages_in_six_scripts_and_both_directions() -> None:
    assert len(catalogues.languages()) >= 40
    asked = {
        *[
            "ar",
            "fa",
            "he",
            "ur",
            "zh_Hans",
            "zh_Hant",
            "ja",
            "ko",
            "hi",
            "ru",
            "uk",
            "pl",
            "tr",
            "id",
            "vi",
            "th",
        ]
    }
    assert asked <= set(catalogues.languages())


def test_the_docs_count_them() -> None:
    number = len(catalogues.languages())
    told = (source.ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
    assert f"in {number} languages" in told


def test_moderators_have_the_languages_that_are_promised() -> None:
    assert set(catalogues.languages(catalogues.STAFF)) == {catalogues.SOURCE, *STAFF}


@pytest.mark.parametrize("domain", catalogues.TEMPLATES)
def test_a_template_is_what_the_code_says(domain: str) -> None:
    written = source.written(source.extract(domain))
    assert catalogues.TEMPLATES[domain].read_bytes() == written, "python -m tests.catalogues"


@pytest.mark.parametrize(("code", "domain"), FILES)
def test_a_language_is_whole(code: str, domain: str) -> None:
    assert catalogues.completeness(code, domain).missing == []


@pytest.mark.parametrize(("code", "domain"), FILES)
def test_placeholders_and_forms_are_those_of_the_source(code: str, domain: str) -> None:
    for message in catalogues.catalogue(code, domain):
        if not message.id:
            continue
        asked = wanted(message)
        for said in forms(message):
            found = set(PLACEHOLDER.findall(said))
            missing = asked - found
            assert found <= asked, said
            assert not missing or (code in COUNTS and missing <= FEW), (message.id, said)
            assert not bare_percent(said) or bare_percent(str(message.id)), said
            assert not set(said) & set("<>") or "<" in str(message.id) or ">" in str(message.id)


@pytest.mark.parametrize(("code", "domain"), FILES)
def test_nothing_is_left_in_english(code: str, domain: str) -> None:
    """A long sentence that is the same in two languages was forgotten."""
    same = [
        message.id
        for message in catalogues.catalogue(code, domain)
        if isinstance(message.id, str) and message.id == message.string and len(message.id) > 24
    ]
    assert same == []


def test_arabic_counts_in_six_forms() -> None:
    words = catalogues.translations("ar")
    one, many = "%(num)d person likes this", "%(num)d people like this"
    said = {words.ngettext(one, many, number) for number in (0, 1, 2, 3, 11, 100)}
    assert len(said) == 6


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("de-CH", "de"),
        ("zh-TW", "zh_Hant"),
        ("zh-HK", "zh_Hant"),
        ("zh-CN", "zh_Hans"),
        ("zh", "zh_Hans"),
        ("pt-BR", "pt_BR"),
        ("pt-AO", "pt"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("sr", "sr"),
        ("sr-Cyrl-RS", "sr"),
        ("sr-Latn", None),
        ("sr-ME", None),
        ("hi-Latn", None),
        ("iw", "he"),
        ("en-GB", "en"),
        ("tlh", None),
        ("not a tag", None),
        ("", None),
    ],
)
def test_a_tag_finds_its_language(asked: str, meant: str | None) -> None:
    assert catalogues.best_match(asked, catalogues.languages()) == meant


@pytest.fixture
def talk(make_app: MakeApp, sqlite_url: str) -> Flask:
    app = make_app(sqlite_url)
    guest = Guest(app)
    first = guest.say("Thank you.").get_json()["id"]
    guest.say("And a reply.", parent=first)
    guest.like(first)
    return app


PAGES = [
    "thread.html",
    "report",
    "privacy",
    "likers",
    "sign-in/",
    "frame.html",
    "latest",
    "nowhere",
]
OF_COMMENTS = {"report", "likers"}


@pytest.mark.parametrize("code", catalogues.languages())
def test_every_page_speaks_the_language(talk: Flask, code: str) -> None:
    client, tag = talk.test_client(), code.replace("_", "-")
    asked = {"site": "default", "url": PAGE, "title": "—", "lang": tag}
    direction = Locale.parse(code).text_direction
    for path in PAGES:
        told = {**asked, "comment": 1} if path in OF_COMMENTS else asked
        page = client.get(f"/{path}", query_string=told)
        text = page.get_data(as_text=True)
        assert page.status_code == (404 if path == "nowhere" else 200), path
        assert f'lang="{tag}" dir="{direction}"' in text, path
        if code != catalogues.SOURCE:
            assert english(text, code) == [], path


def english(page: str, code: str) -> list[str]:
    """Return the English sentences that stand on a page in another language."""
    said = catalogues.translated(code)
    return [
        sentence
        for sentence, words in said.items()
        if len(sentence) > 12 and "%" not in sentence and words != sentence and sentence in page
    ]


def test_the_account_speaks_every_language(make_app: MakeApp, sqlite_url: str) -> None:
    ada = Reader(make_app(sqlite_url), email="ada@example.org")
    ada.guest.say("Thank you for this.")
    ada.guest.like()
    for code in catalogues.languages():
        for path in ("", "comments", "likes", "mails", "erase"):
            text = ada.text(path, lang=code.replace("_", "-"))
            assert f'lang="{code.replace("_", "-")}"' in text
            assert code == catalogues.SOURCE or english(text, code) == [], (code, path)
