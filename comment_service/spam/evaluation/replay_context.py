"""Context counts for replaying a file, kept in memory.

A running service takes the same counts from its database (see
:mod:`comment_service.spam.context`).
"""

from __future__ import annotations

from collections import Counter, defaultdict

from comment_service.spam.features.campaigns import CampaignIndex
from comment_service.spam.features.examples import Example
from comment_service.spam.features.submission import Submission
from comment_service.text.likeness import likeness_key
from comment_service.text.links import domain

PUBLISHED, SPAM = "published", "spam"
_MOST = 50


class ReplayContext:
    """Comments of one site, counted by author, campaign and domain, as published or spam."""

    def __init__(self) -> None:
        self._campaigns = CampaignIndex()
        self._authors: dict[str, Counter[str]] = defaultdict(Counter)
        self._alike: dict[int, Counter[str]] = defaultdict(Counter)
        self._domains: dict[str, Counter[str]] = defaultdict(Counter)
        self._count = 0

    def known(self, example: Example, submission: Submission) -> dict[str, float]:
        """Return the context counts of a comment before it is decided."""
        author = self._authors.get(_author(example), Counter())
        number = self._campaigns.find(likeness_key(example.text))
        alike = self._alike[number] if number is not None else Counter()
        linked = [self._domains.get(name, Counter()) for name in _domains(example, submission)]
        worst = max(linked, key=lambda seen: seen[SPAM] - seen[PUBLISHED], default=Counter())
        return {
            "author_published": min(author[PUBLISHED], _MOST),
            "author_spam": min(author[SPAM], _MOST),
            "campaign_honest": min(alike[PUBLISHED], _MOST),
            "campaign_spam": min(alike[SPAM], _MOST),
            "domain_honest": min(worst[PUBLISHED], _MOST),
            "domain_spam": min(worst[SPAM], _MOST),
        }

    def add(self, example: Example, submission: Submission, status: str) -> None:
        """Count a comment that was published or filed as spam."""
        self._count += 1
        key = likeness_key(example.text)
        number = self._campaigns.find(key)
        if number is None:
            number = self._count
            self._campaigns.add(number, key)
        if key:
            self._alike[number][status] += 1
        if author := _author(example):
            self._authors[author][status] += 1
        for name in _domains(example, submission):
            self._domains[name][status] += 1


def _author(example: Example) -> str:
    return example.email.lower() or example.author.strip().lower()


def _domains(example: Example, submission: Submission) -> set[str]:
    return ({*submission.tokens.domains, domain(example.url) if example.url else ""}) - {""}
