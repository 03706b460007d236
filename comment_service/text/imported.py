"""Turn the text of an imported comment into the Markdown that the service stores.

Nothing that a reader could read may get lost: the words of the result are compared with those of
the source, and where the conversion dropped any, the text is kept without its formatting.
"""

import re
from functools import cache, lru_cache
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import nh3
from markdown_it import MarkdownIt

from comment_service.text import markdown

if TYPE_CHECKING:
    from bs4 import Tag
    from markdownify import MarkdownConverter

MAX_DEPTH = 30
"""HTML nested deeper is kept without its formatting."""
MAX_FORMATTED = 50_000
"""Longer texts, in characters, are kept without their formatting."""

_HIDDEN = {"script", "style", "template", "noscript", "head", "svg", "math"}
_HIDING = _HIDDEN | {"iframe", "textarea", "title", "xmp", "noembed", "noframes", "plaintext"}
"""Elements that hide what follows, or keep it from being HTML, until they end."""
_VOID = {"br", "hr", "img", "input", "wbr", "col", "meta", "link", "source", "embed", "area"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figure",
    "figcaption", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol",
    "p", "pre", "section", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_KEPT = nh3.Cleaner(
    tags={
        "a", "b", "blockquote", "br", "code", "del", "em", "hr", "i", "img", "li", "ol", "p", "pre",
        "s", "strike", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "div",
    },
    clean_content_tags=_HIDDEN - {"head"},
    attributes={"a": {"href"}, "img": {"src", "alt"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel=None,
)  # fmt: skip
_READ = nh3.Cleaner(
    tags=_BLOCKS, clean_content_tags=_HIDING - {"head"}, attributes={}, link_rel=None
)
"""Makes what another server wrote well-formed, so that Python's parser cannot get lost in it."""
_MARKUP = re.compile(r"<[a-zA-Z/!]|&(?:#|[a-zA-Z])")
_TAG = re.compile(
    r"</?(?:a|b|blockquote|br|cite|code|del|div|em|font|h[1-6]|hr|i|img|ins|li|ol|p|pre|q|s|small|span"
    r"|strike|strong|sub|sup|table|td|th|tr|tt|u|ul)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
"""An element that other systems show as what it is."""
_CODE = re.compile(
    r"^(```|~~~).*?^\1|(?<!`)(`++).*?(?<!`)\2(?!`)|^(?: {4}|\t).*?$", re.MULTILINE | re.DOTALL
)
"""Code in Markdown, roughly; tags in it are text."""
_SPECIAL = re.compile(r"[\\`*\[\]<]|~(?=~)|(?<=~)~|(?<!\w)_|_(?!\w)|&(?=#|[a-zA-Z])")
_AT_START = re.compile(r"^( ?)([-+:](?=[\s:>|-]|$)|[>|])", re.MULTILINE)
_NUMBERED = re.compile(r"^( ?\d{1,9})([.)](?=\s|$))", re.MULTILINE)
_ADDRESS = re.compile(r"((?:https?://|www\.)[^\s<>\"]+)", re.IGNORECASE)
_MANY_LINES = re.compile(r"\n{3,}")
_WORDS = re.compile(r"\w+")
_BLOCK = r"</?(?:p|div|ul|ol|li|blockquote|table|tr|td|th|thead|tbody)\b"
_LINES_AROUND_BLOCKS = re.compile(
    rf"\n{{1,2}}(?={_BLOCK})|({_BLOCK}[^<>]*>|<[bh]r ?/?>)\n{{1,2}}", re.IGNORECASE
)


def from_html(source: str, *, line_breaks: bool = False) -> str:
    """Return Markdown for a comment's HTML, with all of its visible words.

    With ``line_breaks`` a line break of the source is one for readers, as in WordPress.
    """
    source = _unix_lines(source)
    if not _MARKUP.search(source):
        return from_plain(source if line_breaks else " ".join(source.split()))
    if len(source) > MAX_FORMATTED:
        return from_plain(unescape(nh3.clean(source, tags=set())))
    source = _without_open_end(source)
    prepared = _with_breaks(source) if line_breaks else source
    plain, depth = _visible(prepared)
    if depth <= MAX_DEPTH:
        converted = _converted(prepared)
        if _words(_visible(rendered(converted))[0]) == _words(plain):
            return converted
    return from_plain(plain)


def from_markdown(source: str) -> str:
    """Return Markdown as it is; with HTML in it, Markdown for what the HTML shows.

    Other systems let HTML through, and keep that of the system before them: here it would be seen
    as it was typed.
    """
    if len(source) > MAX_FORMATTED or not _TAG.search(_CODE.sub("", source)):
        return source
    return from_html(_markdown_with_html().render(source))


@cache
def _markdown_with_html() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(
        ["strikethrough", "table"]
    )


def plain_text(source: str) -> str:
    """Return the visible words of HTML from another server, with its line breaks."""
    return _visible(_READ.clean(source))[0]


@lru_cache(maxsize=4)
def rendered(source: str) -> str:
    """Return safe HTML for Markdown; what was just rendered for a check is not rendered again."""
    return markdown.render(source)


def from_plain(source: str) -> str:
    """Return Markdown that shows a text as it is, with its line breaks and addresses."""
    lines = "\n".join(line.strip() for line in _unix_lines(source).split("\n"))
    return _MANY_LINES.sub("\n\n", _escaped(lines)).strip()


def _escaped(text: str) -> str:
    """Escape what Markdown would take for markup, except in addresses, which become links."""
    pieces = _ADDRESS.split(text)
    text = "".join(
        piece if number % 2 else _SPECIAL.sub(r"\\\g<0>", piece)
        for number, piece in enumerate(pieces)
    )
    return _NUMBERED.sub(r"\1\\\2", _AT_START.sub(r"\1\\\2", text))


def _unix_lines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _without_open_end(source: str) -> str:
    """Remove tags that would hide the rest of the comment because they are never closed."""
    lower = source.lower()
    for tag in sorted(_HIDING):
        closed = lower.rfind(f"</{tag}")
        opened = lower.find(f"<{tag}", max(closed, 0))
        if opened >= 0:
            rest = re.sub(rf"<{tag}\b[^<>]*>?", "", source[opened:], flags=re.IGNORECASE)
            source = source[:opened] + rest
            lower = source.lower()
    return source


def _with_breaks(source: str) -> str:
    """Return HTML in which line breaks outside of ``<pre>`` are elements."""
    done, position, lower = [], 0, source.lower()
    while (start := lower.find("<pre", position)) >= 0:
        end = lower.find("</pre>", start)
        if end < 0:
            break
        done += [_breaks(source[position:start]), source[start : end + 6]]
        position = end + 6
    return "".join([*done, _breaks(source[position:])])


def _breaks(piece: str) -> str:
    lines = "\n".join(line.strip() for line in piece.strip("\n").split("\n"))
    lines = _MANY_LINES.sub("\n\n", lines)
    lines = _LINES_AROUND_BLOCKS.sub(lambda match: match[1] or "", lines)
    return lines.replace("\n\n", "<p>").replace("\n", "<br>")


@cache
def _converter() -> "MarkdownConverter":
    """Return the converter (its library takes 50 ms to import)."""
    from markdownify import MarkdownConverter

    class Converter(MarkdownConverter):
        """Escape as little as needed, so that authors can still read what they edit."""

        def escape(self, text: str, parent_tags: set[str]) -> str:
            """Escape the text between elements."""
            return _escaped(text) if text else ""

        def convert_img(self, el: "Tag", text: str, parent_tags: set[str]) -> str:
            """Show an image as a link, with its address if it has no description."""
            url = str(el.get("src") or "")
            words = " ".join(str(el.get("alt") or url).split())
            return f"[{_escaped(words)}](<{url}>)" if url else words

    return Converter(newline_style="backslash", bullets="-", autolinks=False)


def _converted(source: str) -> str:
    found: str = _converter().convert(_KEPT.clean(source))
    return _MANY_LINES.sub("\n\n", found).strip()


class _Reader(HTMLParser):
    """Collect the text, the depth and the open elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.open: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; an image counts with its description."""
        if tag in _BLOCKS:
            self.parts.append("\n" if tag != "p" else "\n\n")
        if tag == "img":
            given = dict(attrs)
            self.parts.append(given.get("alt") or given.get("src") or "")
        if tag not in _VOID:
            self.open.append(tag)
            self.depth = max(self.depth, len(self.open))

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag in _BLOCKS - {"br"}:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Collect text that browsers show."""
        if not _HIDDEN & set(self.open[-MAX_DEPTH:]):
            self.parts.append(data)


def _visible(html: str) -> tuple[str, int]:
    """Return the visible text of HTML, and its depth."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip(), reader.depth


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.casefold())
