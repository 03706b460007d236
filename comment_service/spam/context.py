"""Evidence from around a comment: its author's history, its haste, its copies, its links' past.

Whoever keeps the comments counts these and hands them over by name; what is not known is left out
and weighs nothing. Each becomes a reason with a signed weight in log-odds. The weights are
judgements on the cautious side: only what no honest person does comes near deciding alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log2

from comment_service.spam.submission import Reason, Submission

CIRCUMSTANCES = frozenset(
    {
        "author_published",
        "author_spam",
        "campaign_honest",
        "campaign_spam",
        "domain_honest",
        "domain_spam",
        "honeypot",
        "name_websites",
        "other_pages",
        "other_script",
        "seconds",
    }
)
"""What may be known, each a number: comments of the author that are public, or spam; comments that
say nearly the same and are public, or spam; comments with the same linked domain that are public,
or spam; whether the field that only programs see was filled in; websites under the same name;
other pages with the same text; whether its script is unlike the page's and the site's; and the
seconds from opening the form to sending it."""

HONEYPOT = 5.0
COPIED = 2.0
SCRIPT = 0.5
NAMESAKES = 0.6
HASTE, LEISURE = 0.7, -0.3
#: Characters a second beyond which nobody types, and below which people do.
FASTEST, USUAL = 30.0, 12.0
Known = Mapping[str, float]


def circumstance_reasons(submission: Submission, known: Known) -> list[Reason]:
    """Return what surrounds a submission as reasons, in no order."""
    finds = (_author, _campaign, _domains, _form, _place)
    return [Reason(*found) for find in finds for found in find(submission, known)]


def _author(_submission: Submission, known: Known) -> Iterator[tuple[str, str, float]]:
    published, spam = int(known.get("author_published", 0)), int(known.get("author_spam", 0))
    if spam:
        told = f"Spam by this author before: {spam}"
        yield "author_spam", told, min(1.0 + 0.5 * spam, 3.0)
    elif published:
        told = f"Comments by this author that are public here: {published}"
        yield "author_published", told, -round(min(0.5 * log2(1 + published), 2.0), 2)
    if (count := int(known.get("name_websites", 0))) >= 3:
        told = f"The same name stands here with {count} different websites"
        yield "name_websites", told, NAMESAKES


def _campaign(_submission: Submission, known: Known) -> Iterator[tuple[str, str, float]]:
    spam, honest = int(known.get("campaign_spam", 0)), int(known.get("campaign_honest", 0))
    if spam > honest:
        told = f"Nearly the same as {spam} that were filed as spam"
        yield "campaign", told, min(2.0 + 0.5 * (spam - honest), 5.0)
    elif honest > spam:
        told = f"Nearly the same as {honest} that are public"
        yield "campaign", told, -min(0.25 * (honest - spam), 1.0)
    if (pages := int(known.get("other_pages", 0))) >= 2:
        yield "repeated", f"The same text on {pages} other pages", COPIED


def _domains(submission: Submission, known: Known) -> Iterator[tuple[str, str, float]]:
    spam, honest = int(known.get("domain_spam", 0)), int(known.get("domain_honest", 0))
    if spam > 2 * honest:
        told = f"It leads where {spam} spam comments led"
        yield "domain_spam", told, min(1.0 + 0.5 * (spam - 2 * honest), 3.0)
    elif honest > 2 * spam and submission.tokens.links:
        yield "domain_known", f"It leads where {honest} public comments lead", -0.6


def _form(submission: Submission, known: Known) -> Iterator[tuple[str, str, float]]:
    if known.get("honeypot"):
        yield "honeypot", "Filled in the field that people do not see", HONEYPOT
    seconds = known.get("seconds")
    length = len(submission.text)
    if seconds is None or length < 40:
        return
    pace = length / max(seconds, 0.1)
    if pace > FASTEST:
        yield "haste", f"{length} characters in {seconds:.1f} s, faster than typing", HASTE
    elif pace < USUAL:
        yield "leisure", f"Written at the pace of a person, in {seconds:.0f} s", LEISURE


def _place(_submission: Submission, known: Known) -> Iterator[tuple[str, str, float]]:
    if known.get("other_script"):
        yield "other_script", "Written in another script than the page and the site", SCRIPT
