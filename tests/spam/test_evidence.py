"""Evidence that needs no training: what it finds, and that ordinary comments have none of it."""

from __future__ import annotations

import pytest

from comment_service.spam.features.evidence import (
    ON_TOPIC,
    ON_TOPIC_WEBSITE,
    WEIGHTS,
    evidence_reasons,
)
from comment_service.spam.features.submission import Submission


def found(text: str, **known: str) -> set[str]:
    return {reason.name for reason in evidence_reasons(Submission.of(text, **known))}


@pytest.mark.parametrize(
    "text",
    [
        "I sell cheap Viagra online",
        "buy v1agra today",
        "<a href='https://x.example'>1xbet</a>",
        "The best ESSAY  writing   service for students",
        "order at essay-writing-service",
        "Potenzmittel günstig kaufen",
        "ставки на спорт, бонус 100%",
        "slot gacor maxwin https://slots.example",
        "payday loans, call 303 555 0192",
        "nhà cái kubet uy tín https://k.example",
        "วันนี้เว็บพนันแจกเครดิต https://t.example",
        "여기 토토사이트를 추천합니다 https://t.example",
        "激安スーパーコピー通販 https://s.example",
        "本公司代开发票,电话 303 555 0192",
        "सट्टा मटका रिजल्ट https://s.example",
        "kaçak bahis siteleri https://b.example",
        "جلب الحبيب https://j.example",
        "купить диплом недорого https://d.example",
    ],
)
def test_advertised_products_with_an_offer_are_found(text: str) -> None:
    assert "advertised_contact" in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "My inbox is full of viagra again",
        "Nobody believes in replica watches",
        "1xbet lost my money",
    ],
)
def test_products_named_in_passing_weigh_little(text: str) -> None:
    assert found(text) == {"advertised"}
    assert WEIGHTS["advertised"] < WEIGHTS["advertised_contact"] / 2


@pytest.mark.parametrize(
    "text",
    [
        "The casino scene in that film is my favourite",
        "I wrote an essay about this at school",
        "We play poker on Fridays",
        "My doctor prescribed something else",
        "The service is slow today",
        "Tramadol made me dizzy for a week after the surgery",
        "The spell caster in our party died in the first round",
        "I finished my dissertation, writing every day",
        "Das Online-Casino hat ihm sein ganzes Erspartes genommen",
        "Ich war Ghostwriter für einen Politiker",
        "Le casino en ligne devrait être interdit",
        "Gracias, muy buen artículo sobre el préstamo de libros",
        "Cái nhà này đẹp quá",
        "Он хочет купить дипломат отцу",
        "Kaçak çay içtik",
    ],
)
def test_ordinary_comments_have_no_evidence(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize("where", ["page_title", "page_text"])
@pytest.mark.parametrize("page", ["How Viagra was discovered", "The viagra-story", "V1AGRA"])
def test_a_product_that_the_page_mentions_is_no_evidence(where: str, page: str) -> None:
    text = "Does viagra help with altitude sickness, and where do I buy it?"
    assert "advertised_contact" in found(text)
    assert "advertised_contact" in found(text, **{where: "A walk in the hills"})
    assert not found(text, **{where: page}) - {"on_topic"}


@pytest.mark.parametrize(
    "name",
    ["Mary Best-Smith", "George Best!", "Cam Newton Jr", "Seo Yun Kim", "Anna Weight Miller"],
)
def test_ordinary_names_are_no_search_phrases(name: str) -> None:
    assert not found("Nice chart, thank you.", author=name, url="https://example.org")


@pytest.mark.parametrize(
    "name", ["cheap essay writing", "Best SEO Services", "Buy Instagram followers", "online casino"]
)
def test_search_phrases_as_names_are_found(name: str) -> None:
    assert "author_keyword_name" in found("Nice chart, thank you.", author=name)


@pytest.mark.parametrize(
    "text",
    [
        "call 303 555 0192",
        "Call +1 (303) 555-0192!",
        "whatsapp +4915112345678",
        "ring 0161-555-0182",
    ],
)
def test_phone_numbers_are_found(text: str) -> None:
    assert "phone" in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "It took 1234567890 steps",
        "on 2024-11-29 10:15:00",
        "version 192.168.100.200",
        "see https://x.example/303-555-0192",
        "0x00401000 0x00402000",
        "ISBN 978-3-16-148410-0",
        "1 000 000 rows",
        "RFC 5321, page 12",
    ],
)
def test_other_numbers_are_no_phone_numbers(text: str) -> None:
    assert "phone" not in found(text)


PAGE = {"page_title": "Repairing an old sailing boat", "page_text": "We sanded the planks."}


def test_praise_for_any_page_with_something_to_advertise_is_found() -> None:
    text = "Great post, very informative!"
    assert "praise" in found(text, **PAGE, url="https://shop.example")
    assert "praise" in found(f"{text} https://shop.example", **PAGE)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Great post, very informative!", PAGE),
        ("Great post, we sanded our planks too!", {**PAGE, "url": "https://boats.example"}),
        ("Great post, very informative!", {"url": "https://shop.example"}),
        ("The engine needs oil", {**PAGE, "url": "https://shop.example"}),
    ],
    ids=["nothing to advertise", "about the page", "page unknown", "no praise"],
)
def test_other_praise_is_no_evidence(text: str, more: dict[str, str]) -> None:
    assert "praise" not in found(text, **more)


@pytest.mark.parametrize(
    "text",
    [
        "<a href='https://brilliant-sofa.example'>sofas</a>",
        "[url=https://great.example/nice]sofas[/url]",
        "Sofas at nice-sofas.example",
        "see https://docs.example/awesome/helpful.html",
    ],
)
def test_praise_in_an_address_is_no_praise(text: str) -> None:
    assert "praise" not in found(text, **PAGE, url="https://shop.example")
    assert "praise" in found(f"Awesome! {text}", **PAGE, url="https://shop.example")


def test_words_without_a_meaning_are_no_subject() -> None:
    text = "There would be another about which nothing could really while should"
    assert "on_topic" not in found(text, page_text=text)


def test_the_longest_words_of_the_subject_are_shown() -> None:
    text = "These knots hold sails in many harbours, after anchoring"
    (reason,) = evidence_reasons(Submission.of(text, page_text=text))
    assert reason.sentence == "Mentions the page's subject (“anchoring, harbours, knots”)"


@pytest.mark.parametrize(
    ("page", "shared"),
    [
        ("Knots for sails and harbours", 3),
        ("knots,sails;harbours", 3),
        ("knots2sails_harbours", 3),
        ("KNOTS, SAILS AND HARBOURS", 3),
        ("Knots for sails", 2),
        ("Slipknots for sails", 1),
        ("Slipknots for mainsails in harboursides", 0),
        ("slipknots and knots, mainsails and sails, harboursides and harbours", 3),
        ("", 0),
    ],
)
def test_the_subject_of_a_page_is_its_whole_words(page: str, shared: int) -> None:
    text = "These knots hold sails in many harbours"
    assert subject_weight(text, page_text=page) == ON_TOPIC[0][shared]
    assert subject_weight(f"{text} https://a.example", page_text=page) == 0
    website = subject_weight(text, page_text=page, url="https://a.example")
    assert website == ON_TOPIC_WEBSITE[shared]


def subject_weight(text: str, **known: str) -> float:
    reasons = evidence_reasons(Submission.of(text, **known))
    return sum(reason.weight for reason in reasons if reason.name == "on_topic")


def test_a_long_comment_shares_a_word_by_chance() -> None:
    words = "harbour anchor sails rudder keels masts ropes knots winds waves coast decks"
    for count, row in ((6, 0), (12, 1)):
        text = " ".join(words.split()[:count])
        assert subject_weight(text, page_text="harbour") == ON_TOPIC[row][1]
    long = " ".join(f"{word}s {word}" for word in words.split())
    assert subject_weight(long, page_text="harbour anchor") == 0
    assert subject_weight(long, page_text="harbour anchor sails rudder") == ON_TOPIC[2][4]
    assert ON_TOPIC[0][1] < ON_TOPIC[1][1] == ON_TOPIC[2][1] == 0


@pytest.mark.parametrize(
    "text",
    [
        "Dial 1-855-555-0126 now",
        "call 1 (855) 555-0126",
        "888.555.0126",
        "Tel. 0581 971 33 20",
        "unter 0176/1234567",
        "au 06 12 34 56 78",
        "01.42.68.53.00",
        "8 (495) 123-45-67",
        "8-800-555-35-35",
    ],
)
def test_phone_numbers_as_countries_write_them_are_found(text: str) -> None:
    assert "phone" in found(text)
    assert "phone" not in found(text, page_text=f"Ring us: {text}.")
    assert "phone" in found(text, page_text="Ring us: 0999 888 7777.")


@pytest.mark.parametrize(
    ("name", "website"),
    [
        ("Emergency Electrician Bristol", "https://a.example"),
        ("Plombier Lyon urgence", "https://a.example"),
        ("Umzug Berlin Günstig", "https://a.example"),
        ("Reparación de lavadoras Sevilla", "https://a.example"),
        ("Натяжные потолки Казань", "https://a.example"),
        ("Tanie Meble Kraków", "https://a.example"),
    ],
)
def test_search_phrases_in_other_languages_are_found(name: str, website: str) -> None:
    names = found("Nice chart, thank you.", author=name, url=website)
    assert {"author_keyword_name", "author_keyword_website"} <= names


@pytest.mark.parametrize("name", ["Dave the plumber", "Der Klempner Uwe", "Hanna Kredit", "Bakery"])
def test_people_who_name_their_trade_are_no_search_phrases(name: str) -> None:
    assert not found("Nice chart, thank you.", author=name, url="https://a.example")


@pytest.mark.parametrize(
    ("website", "keyword"),
    [
        ("https://cheap-flights-deals.example", True),
        ("https://umzug-guenstig.example.de/x", True),
        ("http://essay-writing.blogspot.com", True),
        ("plumber-lyon-24h.example", True),
        ("https://anna-weber.example", False),
        ("https://best-of-knitting.example", False),
        ("https://free-software.example", False),
        ("https://bike-repair.example", False),
        ("https://plumber.example/cheap-flights-deals", False),
        ("", False),
        ("https://[", False),
        ("-", False),
    ],
)
def test_websites_named_like_a_search_are_found(website: str, keyword: bool) -> None:
    assert ("website_keyword" in found("Hello there", url=website)) == keyword


@pytest.mark.parametrize(
    "text", ["xviagra의토토사이트를", "토토사이트viagra", "viagras xviagra _viagra"]
)
def test_products_are_whole_words_only_where_words_have_blanks(text: str) -> None:
    assert bool({"advertised", "advertised_contact"} & found(text)) == ("토토사이트" in text)
