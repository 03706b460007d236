"""Evidence that needs no training: what it finds, and that ordinary comments have none of it."""

from __future__ import annotations

import pytest

from comment_service.spam.features.evidence import evidence_reasons
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
        "essay-writing-service",
        "Potenzmittel ohne Rezept",
        "онлайн казино с бонусом",
        "slot gacor maxwin",
    ],
)
def test_advertised_products_are_found(text: str) -> None:
    assert "advertised" in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "The casino scene in that film is my favourite",
        "I wrote an essay about this at school",
        "We play poker on Fridays",
        "My doctor prescribed something else",
        "The service is slow today",
    ],
)
def test_ordinary_words_are_no_products(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize("where", ["page_title", "page_text"])
def test_a_product_that_the_page_mentions_is_no_evidence(where: str) -> None:
    text = "Does viagra help with altitude sickness?"
    assert "advertised" in found(text)
    assert "advertised" in found(text, **{where: "A walk in the hills"})
    assert "advertised" not in found(text, **{where: "How Viagra was discovered"})


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
