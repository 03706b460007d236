"""Two pieces of evidence that say the same are shown as one reason."""

from __future__ import annotations

import pytest

from comment_service.spam.features.evidence import evidence_reasons
from comment_service.spam.features.submission import Reason, Submission
from comment_service.spam.model.merging import merged_evidence, merged_products

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
    merged = merged_evidence(evidence, submission.tokens.links)
    assert {reason.name: reason.weight for reason in merged} == pytest.approx(shown)
    assert sum(r.weight for r in merged) == pytest.approx(sum(r.weight for r in evidence))


def test_a_phrase_that_names_an_advertised_product_is_no_second_reason() -> None:
    phrase = Reason("words", "“Buy Replica Watches” is typical of spam", 2.0, ((0, 19),))
    other = Reason("words", "“worldwide shipping” is typical of spam", 1.0, ((20, 38),))
    (product,) = evidence_reasons(Submission.of("Buy Replica Watches worldwide shipping"))
    phrases, (shown,) = merged_products([phrase, other], [product])
    assert phrases == [other]
    assert (shown.name, shown.weight, shown.spans) == (product.name, product.weight + 2, ((0, 19),))
