"""Context evidence: author history, typing speed, copies of the text, history of linked domains.

The caller counts these and passes them by name; a missing name has no weight. Each becomes a
reason with a signed weight in log-odds. The weights are cautious estimates: only what honest
people never do comes close to deciding alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log2

from comment_service.spam.features.submission import Reason, Submission
from comment_service.text.sentences import staff_sentence

CONTEXT_FEATURES = frozenset(
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
"""Names of the context counts, each a number:

* ``author_published``, ``author_spam``: the author's comments that are published, or spam.
* ``campaign_honest``, ``campaign_spam``: near-duplicates that are published, or spam.
* ``domain_honest``, ``domain_spam``: comments with the same linked domain that are published, or
  spam.
* ``honeypot``: 1 if the form field that only programs see was filled in.
* ``name_websites``: number of websites used with the same author name.
* ``other_pages``: number of other pages with the same text.
* ``other_script``: 1 if the text's script differs from the page's and the site's.
* ``seconds``: seconds from opening the form to sending it.
"""

HONEYPOT = 5.0
REPEATED_TEXT = 2.0
OTHER_SCRIPT = 0.5
MANY_WEBSITES = 0.6
TOO_FAST, NORMAL_PACE = 0.7, -0.3
#: Characters per second: faster than anybody types, and the upper end of normal typing.
MAX_TYPING_SPEED, NORMAL_TYPING_SPEED = 30.0, 12.0
ContextCounts = Mapping[str, float]


def context_reasons(submission: Submission, known: ContextCounts) -> list[Reason]:
    """Return the reasons that follow from a submission's context, in no particular order."""
    finds = (_author, _campaign, _domains, _form, _place)
    return [Reason(*found) for find in finds for found in find(submission, known)]


def _author(_submission: Submission, known: ContextCounts) -> Iterator[tuple[str, str, float]]:
    published, spam = int(known.get("author_published", 0)), int(known.get("author_spam", 0))
    if spam:
        sentence = staff_sentence("Earlier spam by this author: %(number)s", number=spam)
        yield "author_spam", sentence, min(1.0 + 0.5 * spam, 3.0)
    elif published:
        sentence = staff_sentence("Published comments by this author: %(number)s", number=published)
        yield "author_published", sentence, -round(min(0.5 * log2(1 + published), 2.0), 2)
    if (count := int(known.get("name_websites", 0))) >= 3:
        sentence = staff_sentence(
            "The same name was used here with %(number)s different websites", number=count
        )
        yield "name_websites", sentence, MANY_WEBSITES


def _campaign(_submission: Submission, known: ContextCounts) -> Iterator[tuple[str, str, float]]:
    spam, honest = int(known.get("campaign_spam", 0)), int(known.get("campaign_honest", 0))
    if spam > honest:
        sentence = staff_sentence("Nearly the same as %(filed)s comments filed as spam", filed=spam)
        yield "campaign", sentence, min(2.0 + 0.5 * (spam - honest), 5.0)
    elif honest > spam:
        sentence = staff_sentence("Nearly the same as %(number)s published comments", number=honest)
        yield "campaign", sentence, -min(0.25 * (honest - spam), 1.0)
    if (pages := int(known.get("other_pages", 0))) >= 2:
        sentence = staff_sentence("The same text on %(number)s other pages", number=pages)
        yield "repeated", sentence, REPEATED_TEXT


def _domains(submission: Submission, known: ContextCounts) -> Iterator[tuple[str, str, float]]:
    spam, honest = int(known.get("domain_spam", 0)), int(known.get("domain_honest", 0))
    if spam > 2 * honest:
        sentence = staff_sentence("Links to a domain of %(number)s spam comments", number=spam)
        yield "domain_spam", sentence, min(1.0 + 0.5 * (spam - 2 * honest), 3.0)
    elif honest > 2 * spam and submission.tokens.links:
        sentence = staff_sentence(
            "Links to a domain of %(number)s published comments", number=honest
        )
        yield "domain_known", sentence, -0.6


def _form(submission: Submission, known: ContextCounts) -> Iterator[tuple[str, str, float]]:
    if known.get("honeypot"):
        yield "honeypot", staff_sentence("Filled in the hidden field"), HONEYPOT
    seconds = known.get("seconds")
    length = len(submission.text)
    if seconds is None or length < 40:
        return
    pace = length / max(seconds, 0.1)
    if pace > MAX_TYPING_SPEED:
        sentence = staff_sentence(
            "%(length)s characters in %(seconds)s s, faster than typing",
            length=length,
            seconds=f"{seconds:.1f}",
        )
        yield "haste", sentence, TOO_FAST
    elif pace < NORMAL_TYPING_SPEED:
        sentence = staff_sentence(
            "Written at a normal pace, in %(seconds)s s", seconds=f"{seconds:.0f}"
        )
        yield "leisure", sentence, NORMAL_PACE


def _place(_submission: Submission, known: ContextCounts) -> Iterator[tuple[str, str, float]]:
    if known.get("other_script"):
        yield (
            "other_script",
            staff_sentence("Written in a different script than the page and the site"),
            OTHER_SCRIPT,
        )
