"""A comment's text as typed, with the words marked that weighed most in its verdict."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

Span = tuple[int, int, float]


def marked(text: str, reasons: Iterable[Mapping[str, Any]]) -> Markup:
    """Return the text, escaped, with what weighed in ``<mark>``, each saying to which side.

    Spans are half-open ranges of characters; what lies outside the text, or in another span that
    weighs more, is left out.
    """
    out, at = Markup(), 0
    for start, end, weight in _apart(text, reasons):
        out += Markup.escape(text[at:start]) + _mark(text[start:end], weight)
        at = end
    return out + Markup.escape(text[at:])


def _apart(text: str, reasons: Iterable[Mapping[str, Any]]) -> list[Span]:
    """Return the spans in the order of the text, none over another: the weightier stays."""
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
    side, said = ("spam", _("towards spam")) if weight > 0 else ("fine", _("against spam"))
    title = f"{said}, {weight:+.1f}"
    html = Markup('<mark data-side="{}" title="{}">{}<span class="hidden"> ({})</span></mark>')
    return html.format(side, title, words, said)
