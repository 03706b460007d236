"""Highlight the words of a comment that weighed most in its verdict."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

Span = tuple[int, int, float]


def highlighted(text: str, reasons: Iterable[Mapping[str, Any]]) -> Markup:
    """Return the escaped text with the weighted spans in ``<mark>``, each with its direction.

    Spans are half-open character ranges. Spans outside the text, or overlapping a heavier one, are
    skipped.
    """
    out, position = Markup(), 0
    for start, end, weight in _without_overlaps(text, reasons):
        out += Markup.escape(text[position:start]) + _mark(text[start:end], weight)
        position = end
    return out + Markup.escape(text[position:])


def _without_overlaps(text: str, reasons: Iterable[Mapping[str, Any]]) -> list[Span]:
    """Return the spans in text order without overlaps; the heavier span wins."""
    found = [
        (int(start), int(end), float(reason["weight"]))
        for reason in reasons
        for start, end in reason.get("spans", ())
        if 0 <= start < end <= len(text) and reason["weight"]
    ]
    kept: list[Span] = []
    for span in sorted(found, key=lambda s: -abs(s[2])):
        if all(span[1] <= other[0] or other[1] <= span[0] for other in kept):
            kept.append(span)
    return sorted(kept)


def _mark(words: str, weight: float) -> Markup:
    side, direction = ("spam", _("towards spam")) if weight > 0 else ("fine", _("against spam"))
    title = f"{direction}, {weight:+.1f}"
    html = Markup('<mark data-side="{}" title="{}">{}<span class="hidden"> ({})</span></mark>')
    return html.format(side, title, words, direction)
