"""The owner's lists: words, links, domains and addresses that hold a comment or file it as spam.

Words match whole, folded, in text, name and website, with ``*`` as wildcard. Thousands of entries
cost one regular expression: it is compiled once for each state of a site's lists.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage import sites
from comment_service.storage.tables import SPAM
from comment_service.text import links
from comment_service.text.folding import fold_key

Entry = tuple[str, str, str]  # kind, value, status


def listed(session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """Report every entry of the site's lists that the submission matches."""
    yield from matched(of_site(session, submission.site_id), submission)


def of_site(session: Session, site_id: int) -> tuple[Entry, ...]:
    """Return a site's lists."""
    return tuple((e.kind, e.value, e.status) for e in sites.entries(session, site_id))


def matched(entries: tuple[Entry, ...], submission: Submission) -> Iterator[Finding]:
    """Report every one of these entries that the submission matches."""
    if not entries:
        return
    yield from _words(entries, submission)
    domains = _domains(entries)
    for found in sorted(submission.domains & domains.keys()):
        yield _finding("domain", found, domains[found])
    for kind, value, status in entries:
        if kind in {"link", "email"} and _matches(kind, value.lower(), submission):
            yield _finding(kind, value, status)


@lru_cache(maxsize=16)
def _domains(entries: tuple[Entry, ...]) -> dict[str, str]:
    """Return registrable domain → status, made once for each state of a site's lists."""
    return {links.domain(value): status for kind, value, status in entries if kind == "domain"}


def _matches(kind: str, value: str, submission: Submission) -> bool:
    """Tell whether an entry that is no word matches."""
    if kind == "link":
        return any(value in url.lower() for url in [*submission.links, submission.url])
    if kind == "email":
        email = submission.email.lower()
        return email == value or (value.startswith("@") and email.endswith(value))
    return False


def _words(entries: tuple[Entry, ...], submission: Submission) -> Iterator[Finding]:
    """Report the listed words in the text, the name and the website."""
    haystack = f" {submission.key} {fold_key(submission.name)} {fold_key(submission.url)} "
    for status in sorted({status for kind, _, status in entries if kind == "word"}):
        words = tuple(v for kind, v, s in entries if kind == "word" and s == status)
        for match in sorted({m[0] for m in _pattern(words).finditer(haystack)}):
            yield _finding("word", match, status)


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return one pattern for many words, whole, ``*`` standing for any letters."""
    parts = (r"\w*".join(re.escape(fold_key(p)) for p in w.split("*")) for w in words)
    return re.compile(rf"(?<!\w)(?:{'|'.join(p for p in parts if p) or '(?!)'})(?!\w)")


def _finding(kind: str, value: str, status: str) -> Finding:
    weight = 4.0 if status == SPAM else 1.5
    return Finding(f"list_{kind}", f"“{value}” is on the {kind} list", weight, status)
