"""Two pieces of evidence that say the same are shown as one reason."""

from __future__ import annotations

import pytest

from comment_service.spam.features.evidence import evidence_reasons
from comment_service.spam.features.submission import Reason, Submission
from comment_service.spam.model.merging import merged_evidence, merged_links, merged_products

LINK = '<a href="https://a.example/one" title="https://a.example/one">https://a.example/o...</a>'
TWO_MORE = '<a href="https://b.example/">b</a> <a href="https://c.example/">c</a>'


@pytest.mark.parametrize(
    ("text", "known", "shown"),
    [
        ("Hello", {"author": "cheap seo services", "url": "https://cheap-seo.example"},
         {"author_keyword_name": 5.2}),
        ("Hello", {"author": "Ann", "url": "https://cheap-seo.example"}, {"website_keyword": 1.2}),
        (f"See {LINK}", {}, {"link_markup": 2.2}),
        (f"See {LINK} {TWO_MORE}", {}, {"link_markup": 1.4, "links_many": 0.8}),
    ],
)  # fmt: skip
def test_what_another_piece_tells_adds_to_its_weight(
    text: str, known: dict[str, str], shown: dict[str, float]
) -> None:
    submission = Submission.of(text, **known)
    evidence = evidence_reasons(submission)
    merged = merged_evidence(evidence, text, submission.tokens)
    assert {reason.name: reason.weight for reason in merged} == pytest.approx(shown)
    assert sum(r.weight for r in merged) == pytest.approx(sum(r.weight for r in evidence))


def test_a_phrase_that_names_an_advertised_product_is_no_second_reason() -> None:
    phrase = Reason("words", "“Buy Replica Watches” is typical of spam", 2.0, ((0, 19),))
    other = Reason("words", "“worldwide shipping” is typical of spam", 1.0, ((20, 38),))
    (product,) = evidence_reasons(Submission.of("Buy Replica Watches worldwide shipping"))
    phrases, (shown,) = merged_products([phrase, other], [product])
    assert phrases == [other]
    assert (shown.name, shown.weight, shown.spans) == (product.name, product.weight + 2, ((0, 19),))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"See {LINK} {TWO_MORE}", 3),
        ("https://a.example https://b.example https://a.example/c", 3),
        ("[url=https://a.example]https://a.example[/url] " * 3, 3),
        ("[https://a.example](https://a.example) " * 3, 3),
        ("<a href=https://a.example><b>a.example.com</b></a> " * 6, 6),
        ("<img src=https://a.example><a href=https://b.example></a><a href=https://c.example>", 3),
    ],
)
def test_the_number_of_links_is_the_one_that_a_reader_counts(text: str, told: int) -> None:
    submission = Submission.of(text)
    merged = merged_evidence(evidence_reasons(submission), text, submission.tokens)
    assert f"Contains {told} links" in {reason.sentence for reason in merged}


def link_in(text: str, weight: float = 3.0) -> Reason:
    """Return the reason of all addresses in a text of blank-separated words."""
    spans = [
        (text.index(word), text.index(word) + len(word)) for word in text.split() if "://" in word
    ]
    return Reason("link_target", "Links to a.example", weight, tuple(spans))


@pytest.mark.parametrize(
    ("text", "known", "shown"),
    [
        ("Viva https://a.example", {}, {"link_target": 3.0}),
        ("Viva https://bit.ly/2", {}, {"link_shortener": 3.9}),
        ("Viva https://a.example", {"url": "https://a.example"}, {"link_is_website": 3.7}),
        ("https://a.example https://b.example https://c.example", {}, {"links_many": 3.8}),
        (
            "<a href= https://a.example >Viva</a>",
            {},
            {"link_target": 3.0, "link_markup": 1.4},
        ),
    ],
)
def test_links_are_told_once(text: str, known: dict[str, str], shown: dict[str, float]) -> None:
    evidence = evidence_reasons(Submission.of(text, **known))
    phrases, told = merged_links([link_in(text)], evidence, text)
    found = {reason.name: reason for reason in (*phrases, *told)}
    assert {name: reason.weight for name, reason in found.items()} == pytest.approx(shown)
    assert sum(len(reason.spans) for reason in found.values()) == text.count("://")


@pytest.mark.parametrize(
    ("text", "of_link"),
    [
        ("You will find this page interesting: https://a.example", True),
        ("Try this useful link: https://a.example", True),
        ("Sehr hilfreich dazu https://a.example", True),
        ("Great post! https://a.example", False),
        ("Useful. See https://a.example", False),
        ("Great post!\nUseful link: https://a.example", False),
        ("https://a.example is a great tool", True),
        ("Look at https://a.example\nAlso nice that it runs here.", True),
    ],
)
def test_praise_of_what_is_linked_is_no_praise_of_the_page(text: str, of_link: bool) -> None:
    evidence = evidence_reasons(Submission.of(text, page_title="Constants"))
    assert "praise" in {reason.name for reason in evidence}
    phrases, told = merged_links([link_in(text)], evidence, text)
    assert ("praise" not in {reason.name for reason in told}) == of_link
    assert sum(reason.weight for reason in (*phrases, *told)) == pytest.approx(3.8)
