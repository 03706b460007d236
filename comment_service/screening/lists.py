"""Blocklist check: words, links, domains and e-mail addresses that hold a comment or mark it spam.

Words match whole, folded, in text, name and website, with ``*`` as wildcard. Thousands of words
compile to one regular expression, which is cached until a site's lists change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.admin import sites
from comment_service.storage.tables import SPAM
from comment_service.text import links
from comment_service.text.folding import fold_key
from comment_service.text.sentences import staff_sentence

Entry = tuple[str, str, str]  # kind, value, status
_ON_LIST = {
    "word": staff_sentence("“%(value)s” is on the word list"),
    "link": staff_sentence("“%(value)s” is on the link list"),
    "domain": staff_sentence("“%(value)s” is on the domain list"),
    "email": staff_sentence("“%(value)s” is on the email list"),
}
"""Kind of list → the sentence of a finding."""


@dataclass(frozen=True)
class CompiledLists:
    """Compiled entries.

    Attributes:
        words: status → one pattern for its words.
        domains: registrable domain → status.
        others: links and e-mail addresses.
    """

    words: Mapping[str, re.Pattern[str]]
    domains: Mapping[str, str]
    others: Sequence[Entry]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """Compile entries."""
        words: dict[str, list[str]] = {}
        domains: dict[str, str] = {}
        others: list[Entry] = []
        for kind, value, status in entries:
            if kind == "word":
                words.setdefault(status, []).append(value)
            elif kind == "domain":
                domains[links.domain(value)] = status
            else:
                others.append((kind, value.lower(), status))
        return cls({s: _pattern(words[s]) for s in sorted(words)}, domains, others)

    def matched(self, submission: Submission) -> Iterator[Finding]:
        """Yield a finding for every entry that a submission matches."""
        if self.words:
            haystack = f" {submission.key} {fold_key(submission.name)} {fold_key(submission.url)} "
        for status, pattern in self.words.items():
            for match in sorted({m[0] for m in pattern.finditer(haystack)}):
                yield _finding("word", match, status)
        for found in sorted(submission.domains & self.domains.keys()):
            yield _finding("domain", found, self.domains[found])
        for kind, value, status in self.others:
            if _matches(kind, value, submission):
                yield _finding(kind, value, status)


def listed(session: Session, runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Yield a finding for every entry of the site's lists that the submission matches."""
    state = sites.lists_version(session, submission.site_id)
    cached_state, compiled = runtime.lists.get(submission.site_id, (None, None))
    if not isinstance(compiled, CompiledLists) or cached_state != state:
        compiled = CompiledLists.of(entries_of_site(session, submission.site_id))
        runtime.lists[submission.site_id] = state, compiled
    yield from compiled.matched(submission)


def entries_of_site(session: Session, site_id: int) -> Iterable[Entry]:
    """Return the entries of a site's lists."""
    return [(e.kind, e.value, e.status) for e in sites.entries(session, site_id)]


def _matches(kind: str, value: str, submission: Submission) -> bool:
    """Return True if a link or e-mail entry matches."""
    if kind == "link":
        urls = [*submission.links, submission.url, submission.source_url]
        return any(value in url.lower() for url in urls)
    email = submission.email.lower()
    return email == value or (value.startswith("@") and email.endswith(value))


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Return one pattern that matches any of the words, whole; ``*`` matches any letters."""
    parts = (r"\w*".join(re.escape(fold_key(p)) for p in w.split("*")) for w in words)
    return re.compile(rf"(?<!\w)(?:{'|'.join(p for p in parts if p) or '(?!)'})(?!\w)")


def _finding(kind: str, value: str, status: str) -> Finding:
    weight = 4.0 if status == SPAM else 1.5
    return Finding(f"list_{kind}", _ON_LIST[kind] % {"value": value}, weight, status)
