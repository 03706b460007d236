"""Markdown always renders to safe HTML."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comment_service.text import markdown
from comment_service.text.markdown import LINK_REL, plain_excerpt, render

ALLOWED = re.compile(
    r"</?(?:a|br|code|del|em|s|strong|blockquote|hr|li|ol|p|pre|ul|table|tbody|td|th|thead|tr)\b"
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("# no heading", "<p># no heading</p>"),
        ("", ""),
    ],
)
def test_allowed_markup(text: str, html: str) -> None:
    assert render(text) == html


def test_links_are_detected_and_nofollow() -> None:
    html = render('see www.example.org and [this](https://example.org/a "t")')
    assert html.count(f'rel="{LINK_REL}"') == 2
    assert 'href="http://www.example.org"' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](//evil.example/a)",
        "[x](/moderation/)",
        "![x](https://evil.example/pixel.png)",
        "<svg><g onload=alert(1)></svg>",
        "<math><mtext></mtext></math>",
        "[a]: javascript:alert(1)\n\n[a]",
        '[x](https://a.example/"onmouseover="alert(1))',
        "`<b>`\n\n    <script>indented</script>",
    ],
)
def test_attacks_render_as_text(text: str) -> None:
    check(render(text))


def check(html: str) -> None:
    """Check that HTML contains only allowed elements and only http, https and mailto links."""
    for tag in re.findall(r"<[^>]*>", html):
        assert ALLOWED.match(tag), html
        assert not re.search(r"\son\w+\s*=|style=", tag), html
    for href in re.findall(r'href="([^"]*)"', html):
        assert href.startswith(("http://", "https://", "mailto:")), html


@given(st.text(alphabet="<>\"'&[]()!*_`~#|\\ \n/:abcjs=&;-", max_size=60))
def test_random_markup_renders_safely(text: str) -> None:
    check(render(text))


def test_images_become_links() -> None:
    html = render("![a cat](https://example.org/cat.png)")
    assert "<img" not in html
    assert '<a href="https://example.org/cat.png"' in html


def test_plain_gives_the_beginning_as_text() -> None:
    assert plain_excerpt(render("> *one*\n\ntwo & three")) == "one two & three"
    assert plain_excerpt(render("word " * 100), 20).endswith("…")


@pytest.mark.parametrize(
    "text",
    [
        "see example.org",
        "see www.example.org.",
        "see https://example.org/a",
        "see //example.org/a",
        "see https://localhost/a",
        "mailto:ann@localhost",
        "write to ann@example.org",
        "mailto:ann@example.org",
        "see example&#46;org",
        "see example\\.org",
        "see example&period;org",
        "One. Two. Three.",
        "One.\nTwo... three",
        "No sign at all",
        "**bold.**example.org",
    ],
)
def test_links_without_markup_are_found_wherever_they_can_be(text: str) -> None:
    every = markdown._parser(tables=True, bare_links=True).render(text)
    assert markdown.render(text) == markdown.sanitise(every)


@given(st.text(alphabet="ab.org:/@&#46;wht \\*_[]()<>\n", max_size=40))
@settings(deadline=None)
def test_no_text_has_a_link_that_is_not_looked_for(text: str) -> None:
    every = markdown._parser(tables=True, bare_links=True).render(text)
    assert markdown.render(text) == markdown.sanitise(every)
