"""The input and output values of scoring: a submission and the reasons for its score."""

from __future__ import annotations

from dataclasses import dataclass

from comment_service.spam.features.examples import Example
from comment_service.spam.features.tokens import Tokens, tokenise


@dataclass(frozen=True)
class Submission:
    """A comment as typed, its tokens, and the author's and page's details; empty means unknown."""

    text: str
    tokens: Tokens
    author: str = ""
    email: str = ""
    url: str = ""
    page_title: str = ""
    page_text: str = ""
    lang: str = ""

    @classmethod
    def of(cls, text: str, **known: str) -> Submission:
        """Return the submission of a raw text and its known fields."""
        return cls(text=text, tokens=tokenise(text), **known)

    @classmethod
    def of_example(cls, example: Example) -> Submission:
        """Return the submission that corresponds to an example."""
        return cls.of(
            example.text,
            author=example.author,
            email=example.email,
            url=example.url,
            page_title=example.page_title,
            page_text=example.page_text,
            lang=example.lang,
        )


@dataclass(frozen=True)
class Reason:
    """One piece of evidence.

    ``name`` is a stable code; ``sentence`` is for a moderator; ``weight`` is added to the log-odds
    of spam; ``spans`` are half-open character ranges in the text as typed.
    """

    name: str
    sentence: str
    weight: float
    spans: tuple[tuple[int, int], ...] = ()
