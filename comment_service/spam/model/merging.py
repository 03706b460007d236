"""Merge pieces of evidence that would tell a moderator the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from comment_service.spam.features.submission import Reason
from comment_service.spam.features.tokens import Tokens
from comment_service.spam.features.vocabulary import PRAISE
from comment_service.spam.model.explanation import LINK
from comment_service.spam.model.visible_links import visible_links
from comment_service.text.sentences import staff_sentence

#: Piece of evidence → the one that already tells it.
_TOLD_BY = {
    "author_keyword_website": "author_keyword_name",
    "website_keyword": "author_keyword_name",
}
#: From so many links on, their number is worth a sentence beside their markup.
_MANY_LINKS = 3
_COUNTS = ("links_many", "links_very_many")
#: Evidence that already tells of the links in a text, the most telling first.
_OF_LINKS = ("link_is_website", "link_shortener", *_COUNTS)
_ADVERTISED = frozenset({"advertised", "advertised_contact"})
_PRODUCT = re.compile("“(.+)”")
_SENTENCE_ENDS = re.compile(r"[.!?\n。！？]")
_WORD = re.compile(r"[^\W\d_]{4,}")


def merged_evidence(evidence: Sequence[Reason], text: str, tokens: Tokens) -> list[Reason]:
    """Return the evidence to show: what another piece already tells adds to that one's weight.

    Markup often repeats an address, as target and as words: the number of links that is told is
    the one that a moderator counts.

    Args:
        evidence: the pieces that were found, each name at most once.
        text: the text as typed.
        tokens: its tokens.
    """
    if not evidence:
        return []
    told_by = dict(_TOLD_BY)
    found = {reason.name: reason for reason in evidence}
    for name in _COUNTS:
        if name in found:
            count = len(visible_links(text, tokens))
            sentence = staff_sentence("Contains %(count)s links", count=count)
            found[name] = replace(found[name], sentence=sentence)
            if count < _MANY_LINKS:
                told_by[name] = "link_markup"
    for name, teller in told_by.items():
        if name in found and teller in found:
            found[teller] = _with(found[teller], found.pop(name))
    return list(found.values())


def _with(teller: Reason, told: Reason) -> Reason:
    """Return a reason with the weight and the ranges of another one."""
    weight = round(teller.weight + told.weight, 3)
    return replace(teller, weight=weight, spans=(*teller.spans, *told.spans))


def merged_links(
    phrases: Sequence[Reason], evidence: Sequence[Reason], text: str
) -> tuple[list[Reason], list[Reason]]:
    """Return phrases and evidence to show: where links lead, and what tells of them, are one.

    Praise in the sentence that leads to a link, or after one, speaks of what is linked: it is part
    of the link's reason, because it is no praise of the page.
    """
    link = next((reason for reason in phrases if reason.name == LINK), None)
    if link is None:
        return list(phrases), list(evidence)
    found = {reason.name: reason for reason in evidence}
    if "praise" in found and _praises_links(text, link.spans[0][0]):
        link = _with(link, found.pop("praise"))
    teller = next((name for name in _OF_LINKS if name in found), None)
    if teller:
        found[teller] = _with(found[teller], link)
    others = [reason for reason in phrases if reason.name != LINK]
    return others if teller else [*others, link], list(found.values())


def _praises_links(text: str, first: int) -> bool:
    """Return True if all praise is said of links: after the first, or before it in its sentence."""
    ends = [match.end() for match in _SENTENCE_ENDS.finditer(text, 0, first)]
    of_page = text[: ends[-1]] if ends else ""
    return not {word.lower() for word in _WORD.findall(of_page)} & PRAISE


def merged_products(
    phrases: Sequence[Reason], evidence: Sequence[Reason]
) -> tuple[list[Reason], list[Reason]]:
    """Return phrases and evidence to show: a phrase that names an advertised product is one reason.

    The evidence takes the phrase's weight and its ranges in the text.
    """
    kept, shown = list(phrases), list(evidence)
    for at, reason in enumerate(shown):
        named = _PRODUCT.search(reason.sentence) if reason.name in _ADVERTISED else None
        if named is None:
            continue
        product = named[1].lower()
        same = [r for r in kept if r.weight > 0 and product in r.sentence.lower()]
        spans = tuple(span for phrase in same for span in phrase.spans)
        weight = round(reason.weight + sum(phrase.weight for phrase in same), 3)
        shown[at] = replace(reason, weight=weight, spans=(*reason.spans, *spans))
        kept = [phrase for phrase in kept if phrase not in same]
    return kept, shown
