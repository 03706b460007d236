"""HTML and plain texts of other systems become Markdown without losing a word."""

import re
from html import unescape
from time import process_time

import pytest

from comment_service.text.imported import MAX_FORMATTED, from_html, from_markdown, from_plain
from comment_service.text.markdown import render

REL = ' rel="nofollow ugc noopener noreferrer"'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("<p>Hello <b>you</b>, snake_case &lt;b&gt;</p><p>2</p>",
         "<p>Hello <strong>you</strong>, snake_case &lt;b&gt;</p>\n<p>2</p>"),
        ('<a href="http://x.example/a_b">link</a>',
         f'<p><a href="http://x.example/a_b"{REL}>link</a></p>'),
        ("<blockquote>q<br>r</blockquote>after",
         "<blockquote>\n<p>q<br>\nr</p>\n</blockquote>\n<p>after</p>"),
        ("<pre><code>x = 1\n  y *= 2</code></pre>",
         "<pre><code>x = 1\n  y *= 2\n</code></pre>"),
        ('<a href="javascript:alert(1)">click</a>', "<p>click</p>"),
        ("<script>alert(1)</script>ok", "<p>ok</p>"),
        ("AT&amp;T a &lt; b &amp;lt;", "<p>AT&amp;T a &lt; b &amp;lt;</p>"),
        ("1. no list # no > no", "<p>1. no list # no &gt; no</p>"),
        ("<i>*stars* and [x](y)</i>", "<p><em>*stars* and [x](y)</em></p>"),
        ('<img src="https://x.example/c.png" alt="cat">',
         f'<p><a href="https://x.example/c.png"{REL}>cat</a></p>'),
    ],
)  # fmt: skip
def test_html_looks_the_same(source: str, html: str) -> None:
    assert render(from_html(source)) == html


def test_line_breaks_of_wordpress_are_breaks() -> None:
    found = render(from_html("one\ntwo\n\n<b>three</b>\n<pre>a\n\nb</pre>\nfour", line_breaks=True))
    assert found == (
        "<p>one<br>\ntwo</p>\n<p><strong>three</strong></p>\n"
        "<pre><code>a\n\nb\n</code></pre>\n<p>four</p>"
    )
    assert render(from_html("one\ntwo", line_breaks=True)) == "<p>one<br>\ntwo</p>"


@pytest.mark.parametrize(
    "source",
    [
        "<style>words that stay", "<iframe>words that stay</iframe>", "<title>words that stay",
        "<div>" * 100 + "words that stay" + "</div>" * 100, "<font color=red>words that stay",
        "<video>words that stay</video>", "<h2>words</h2> that <table><td>stay",
        "words &#116;hat stay", "<b>words</b> that <plaintext>stay", "x " * MAX_FORMATTED
        + "<b>words</b> that stay", "<p>words<p>that<p>stay",
        "<b>words</b> [that]: stay", "<b>words</b>\n[stay]: http://x.example/that",
    ],
)  # fmt: skip
def test_no_word_is_lost(source: str) -> None:
    shown = re.sub(r"<[^>]*>", " ", render(from_html(source, line_breaks=True)))
    assert {"words", "that", "stay"} <= set(re.findall(r"[a-z]+", shown))


@pytest.mark.parametrize(
    "text",
    ["1. no list", "- no list", "> no quote", "a | b\n--|--\nc | d", "*x* _y_ `z` ~~w~~",
     "[x](http://x.example/) ![y](z)", "<b>no</b> &amp; &lt;", "\\*", "    no code", "***", "+ x"],
)  # fmt: skip
def test_plain_text_has_no_markup(text: str) -> None:
    html = render(from_plain(text))
    shown = re.sub(r"</?p>|<br>|<a [^>]*>|</a>", "", html)
    assert "<" not in shown
    assert unescape(shown) == "\n".join(line.strip() for line in text.split("\n"))


def test_an_address_in_plain_text_is_a_link() -> None:
    assert "href" in render(from_plain("see https://x.example/a_b_c*d"))


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("*one* & 2 < 3 <script>x</script>",
         "<p><em>one</em> &amp; 2 &lt; 3 &lt;script&gt;x&lt;/script&gt;</p>"),
        ("<p>one <b>two</b></p><script>x</script>", "<p>one <strong>two</strong></p>"),
        ("*one* <b>two</b>\nthree",
         "<p><em>one</em> <strong>two</strong><br>\nthree</p>"),
        ('<a href="javascript:x">one</a> <a href="https://x.example/">two</a>',
         f'<p>one <a href="https://x.example/"{REL}>two</a></p>'),
        ("write `<b>` for bold", "<p>write <code>&lt;b&gt;</code> for bold</p>"),
        ("```\n<p>code</p>\n```", "<pre><code>&lt;p&gt;code&lt;/p&gt;\n</code></pre>"),
        ("    <p>code</p>", "<pre><code>&lt;p&gt;code&lt;/p&gt;\n</code></pre>"),
    ],
)  # fmt: skip
def test_html_in_markdown_looks_as_it_did(source: str, html: str) -> None:
    assert render(from_markdown(source)) == html


@pytest.mark.parametrize(
    "source",
    ["`" * 49_000, "`" * 24_000 + "x<b>" + "`" * 24_000, "".join("`" * n + "a" for n in range(300)),
     "```\n" * 12_000 + "<b>", "~~~\n```\n" * 6_000 + "<b>", "<b " * 16_000, "    a\n" * 8_000],
)  # fmt: skip
def test_no_markdown_takes_long(source: str) -> None:
    start = process_time()
    from_markdown(source)
    assert process_time() - start < 5


@pytest.mark.parametrize(
    "source",
    ["\n" * 49_000 + "<b>", "<pre" * 12_000, "<style>" * 7_000, "<!" * 24_000, "<b>" * 16_000,
     " " * 49_000 + "<b>", "<![CDATA[" * 5_000, "[a](b" * 9_000, "&lt;" * 12_000,
     "http://" * 7_000 + "<b>", "-" * 49_000 + "<b>x"],
)  # fmt: skip
def test_no_text_takes_long(source: str) -> None:
    start = process_time()
    from_html(source, line_breaks=True)
    assert process_time() - start < 5
