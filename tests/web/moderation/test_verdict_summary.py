"""The sentence on a card says what decided, a rule or the filter, and what the filter thinks."""

from typing import Any

import pytest
from flask import Flask

from comment_service.storage.tables import Verdict
from comment_service.web.moderation.verdicts import verdict_summary

TEXT = "Buy a boat"


def found(name: str, weight: float = 0.0, status: str = "", sentence: str = "") -> dict[str, Any]:
    return {"name": name, "sentence": sentence or name, "weight": weight, "status": status,
            "spans": [(0, 3)] if name == "words" else []}  # fmt: skip


WORDS = found("words", 2.0)
HONEST = found("words", -1.0)
FIRST = found("first_comment_link", 0.0, "pending")
NO_WORDS = found("no_words", 4.0, sentence="The text is an address without words")
NO_WORDS["spans"] = [(0, 10)]
LISTED = found("list_word", 0.0, "pending", "Word list: boat")
MODEL = found("model", 0.0, "pending")
SURE = found("model", 0.0, "spam")


@pytest.mark.parametrize(
    ("status", "score", "reasons", "summary"),
    [
        ("pending", 0.62, [MODEL, WORDS], "Held by the filter: 62% spam: “Buy”"),
        ("pending", 0.03, [FIRST], "Held by rule: first comment, with a link · Filter: 3% spam"),
        (
            "pending", 0.7, [MODEL, LISTED, WORDS],
            "Held by rule: word list: boat · Filter: 70% spam: “Buy”",
        ),
        (
            "spam", 0.99, [SURE, LISTED, WORDS],
            "Filed as spam by the filter: 99% spam: word list: boat, “Buy”",
        ),
        ("spam", 0.1, [found("honeypot", 0.0, "spam")],
         "Filed as spam by rule: trap field filled in · Filter: 10% spam"),
        ("rejected", None, [found("blocked", 0.0, "rejected")],
         "Rejected by rule: blocked author"),
        ("pending", 0.9, [MODEL, NO_WORDS],
         "Held by the filter: 90% spam: the text is an address without words"),
        ("published", 0.03, [HONEST], "3% spam: “Buy”"),
        ("published", 0.03, [found("trusted", 0.0, "published"), WORDS], "3% spam: trusted, “Buy”"),
        ("published", None, [], "No model has scored this comment."),
    ],
)  # fmt: skip
def test_summary(
    lite: Flask, status: str, score: float | None, reasons: list[dict[str, Any]], summary: str
) -> None:
    with lite.test_request_context():
        verdict = Verdict(status=status, score=score, reasons=reasons)
        assert verdict_summary(TEXT, verdict) == summary


def test_summary_of_nothing(lite: Flask) -> None:
    with lite.test_request_context():
        assert verdict_summary(TEXT, None) == "No check has run on this comment."
