"""Every reason that the filter gives is told in the language of the moderator."""

from __future__ import annotations

import re

import pytest

from comment_service import catalogues
from comment_service.spam.features.context import context_reasons
from comment_service.spam.features.evidence import WEIGHTS, evidence_reasons
from comment_service.spam.features.submission import Reason, Submission

POST = {"page_title": "Mending a wooden boat", "page_text": "A boat needs planks and varnish."}
SUBMISSIONS = (
    Submission.of("I sell cheap Viagra, call 303 555 0192", **POST),
    Submission.of("Viagra again", **POST),
    Submission.of("great, amazing post https://a.example", url="https://b.example", **POST),
    Submission.of("the boat, its planks and varnish", **POST),
    Submission.of(" ".join(f"https://s{n}.example/" for n in range(3))),
    Submission.of(" ".join(f"https://s{n}.example/" for n in range(6))),
    Submission.of("look https://bit.ly/abc [url=https://bit.ly/abc]here[/url]"),
    Submission.of("see https://mine.example/", url="https://mine.example/"),
    Submission.of("hello", author="www.best-deals.com"),
    Submission.of(
        "hello",
        author="cheap loans online",
        url="https://cheap-loans.example",
        email="a123456@x.de",
    ),
    Submission.of("hello", author="Cheap Loans", url="https://cheaploans.example"),
)
CONTEXTS: tuple[dict[str, float], ...] = (
    {"author_spam": 2, "campaign_spam": 3, "domain_spam": 3, "honeypot": 1, "seconds": 0.5},
    {"author_published": 2, "campaign_honest": 3, "domain_honest": 3, "seconds": 60},
    {"name_websites": 4, "other_pages": 3, "other_script": 1},
)


def reasons() -> list[Reason]:
    long = Submission.of("A long enough text about nothing at all https://a.example")
    found = [one for submission in SUBMISSIONS for one in evidence_reasons(submission)]
    return found + [one for known in CONTEXTS for one in context_reasons(long, known)]


def test_the_table_has_every_kind_of_evidence() -> None:
    assert {one.name for one in reasons()} >= WEIGHTS.keys()


@pytest.mark.parametrize(
    "code", ["ar", "de", "es", "fr", "it", "ja", "nl", "pl", "pt_BR", "ru", "zh_Hans"]
)
def test_every_reason_is_told_in_another_language(code: str) -> None:
    for one in reasons():
        said = catalogues.told(code, one.sentence)
        assert said != one.sentence, one.sentence
        assert "%(" not in said
        assert sorted(re.findall(r"\d+", said)) == sorted(re.findall(r"\d+", one.sentence))
