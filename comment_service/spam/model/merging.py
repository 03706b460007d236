"""Merge pieces of evidence that would tell a moderator the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from comment_service.spam.features.submission import Reason

#: Piece of evidence → the one that already tells it.
_TOLD_BY = {
    "author_keyword_website": "author_keyword_name",
    "website_keyword": "author_keyword_name",
}
#: From so many different addresses on, their number is worth a sentence beside their markup.
_MANY_LINKS = 3


_ADVERTISED = frozenset({"advertised", "advertised_contact"})
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?")
_PRODUCT = re.compile("“(.+)”")


def merged_evidence(evidence: Sequence[Reason], links: Sequence[str]) -> list[Reason]:
    """Return the evidence to show: what another piece already tells adds to that one's weight.

    Markup often repeats an address, as target and as words: then the number of links is none that
    a moderator would count.

    Args:
        evidence: the pieces that were found, each name at most once.
        links: the text's links.
    """
    if len(evidence) < 2:
        return list(evidence)
    told_by = dict(_TOLD_BY)
    if _different(links) < _MANY_LINKS:
        told_by["links_many"] = told_by["links_very_many"] = "link_markup"
    found = {reason.name: reason for reason in evidence}
    for name, teller in told_by.items():
        if name in found and teller in found:
            weight = found[teller].weight + found.pop(name).weight
            found[teller] = replace(found[teller], weight=round(weight, 3))
    return list(found.values())


def _different(links: Sequence[str]) -> int:
    """Return the number of addresses that are not the beginning of another one."""
    plain = sorted({_SCHEME.sub("", link.lower()).rstrip("./…") for link in links})
    return sum(not after.startswith(link) for link, after in pairwise([*plain, ""]))


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
