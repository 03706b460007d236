"""Broken pages of other servers do not reach the parser that takes hours for them."""

import re

import pytest

from comment_service.text import markup
from comment_service.text.foreign_html import well_formed

URL = "https://blog.example/post"
BROKEN = (
    "<a ",
    "<a a",
    "<!--",
    "<",
    "<a x='",
    '<a b="',
    "<script ",
    "<p",
    "</a ",
    "<![CDATA[",
    "&#x",
)


@pytest.mark.parametrize("piece", BROKEN)
def test_python_s_parser_gets_whole_tags_only(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open tag that goes on for ever is what its patterns take hours for."""
    fed: list[str] = []
    monkeypatch.setattr(markup._Reader, "feed", lambda _self, html: fed.append(html))
    markup.parse_page(f"<p>before{piece * 50_000}", URL)
    assert not re.search(r"<[^<>]*(<|$)", fed[0])


def test_what_the_check_of_a_page_reads_is_kept() -> None:
    page = markup.parse_page(
        """<!doctype html><html><head><base href="/below/">
        <meta http-equiv="Content-Security-Policy" content="script-src 'self'; x &quot;y&quot;">
        <title>Boats &amp; knots</title><link rel="canonical" href="post">
        <script src="embed.js" data-site="s" nonce="n" async></script></head>
        <body><comment-thread data-page="p"></comment-thread><script>c()</script></body>""",
        URL,
    )
    assert page.title == "Boats & knots"
    assert page.canonical == "https://blog.example/below/post"
    assert page.policies == ["script-src 'self'; x \"y\""]
    assert page.elements == [{"data-page": "p"}]
    script = page.scripts[0]
    assert script["src"] == "https://blog.example/below/embed.js"
    assert (script["data-site"], script["nonce"], "async" in script) == ("s", "n", True)


def test_links_of_a_profile_are_kept() -> None:
    endpoint = 'rel="authorization_endpoint" href="https://a.example/auth?x=1&amp;y=2"'
    found = well_formed(f"<link {endpoint}><a rel=me href=/>")
    assert endpoint in found and 'rel="me"' in found
