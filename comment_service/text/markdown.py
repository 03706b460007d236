"""Markdown → safe HTML: CommonMark with autolinks, tables and strike-through; no raw HTML.

There are two independent safeguards: the parser never passes HTML through, and the sanitiser
allows an explicit list of elements only. Images become links and headings stay text, because a
comment has no outline of its own.
"""

import re
from collections.abc import Sequence
from functools import cache
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from comment_service.text.visible import renders_visibly

MAX_GROWTH = 20
"""HTML longer than this many times its text is an attack; the text is then shown unformatted."""
_MANY_CELLS = re.compile(r"^(?:[^|\n]*\|){25}", re.MULTILINE)
_BARE_LINK = re.compile(r"@|//|\.\S")
"""What a URL or address without markup has at least; the sign of an entity never makes a link."""

LINK_REL = "nofollow ugc noopener noreferrer"

_INLINE = {"a", "br", "code", "del", "em", "s", "strong"}
_BLOCKS = {"blockquote", "hr", "li", "ol", "p", "pre", "ul"}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_CLEANER = nh3.Cleaner(
    tags=_INLINE | _BLOCKS | _TABLES,
    clean_content_tags={"script", "style", "template", "noscript", "svg", "math"},
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    link_rel=LINK_REL,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)


def _image_as_link(
    renderer: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    """Render an image as a link, so that no third-party content loads automatically."""
    from markdown_it.common.utils import escapeHtml

    token = tokens[idx]
    url = str(token.attrGet("src") or "")
    words = renderer.renderInlineAsText(token.children or [], options, env) or url
    return f'<a href="{escapeHtml(url)}">{escapeHtml(words)}</a>'


@cache
def _parser(*, tables: bool, bare_links: bool) -> MarkdownIt:
    """Return the parser; it keeps no state between texts.

    Tables are off for texts that would create thousands of empty cells, links without markup for
    texts that have none: to look for them takes two thirds of the time.
    """
    parser = MarkdownIt("commonmark", {"html": False, "linkify": bare_links, "breaks": True})
    extra = [name for name, wanted in (("table", tables), ("linkify", bare_links)) if wanted]
    parser.enable(["strikethrough", *extra])
    parser.disable(["heading", "lheading"])
    parser.add_render_rule("image", _image_as_link)
    return parser


def render(text: str) -> str:
    """Return safe HTML for a comment's Markdown; empty for an empty text."""
    parser = _parser(tables=not _MANY_CELLS.search(text), bare_links=bool(_BARE_LINK.search(text)))
    html = _CLEANER.clean(parser.render(text)).strip()
    return html if len(html) <= MAX_GROWTH * len(text) + 1000 else f"<p>{nh3.clean_text(text)}</p>"


def sanitise(html: str) -> str:
    """Return HTML with only the elements that comments may have; for HTML from outside."""
    return _CLEANER.clean(html).strip()


class _Text(HTMLParser):
    """Collect the text of HTML, with a blank between blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "li", "tr", "pre", "blockquote"}:
            self.parts.append(" ")


def normalize_source(text: str) -> str:
    """Normalise a Markdown text for storage: strip it, use LF line ends, remove NUL characters.

    A text without a visible character becomes "".
    """
    if not renders_visibly(text):
        return ""
    return text.strip().replace("\r\n", "\n").replace("\0", "")


def plain_excerpt(html: str, limit: int = 200) -> str:
    """Return the beginning of the text in safe HTML, for a line in a mail or a parent's excerpt."""
    reader = _Text()
    reader.feed(html)
    text = " ".join("".join(reader.parts).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
