"""Links are found as a reader counts them."""

from __future__ import annotations

import pytest

from comment_service.spam.features.tokens import tokenise
from comment_service.spam.model.visible_links import visible_links


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", []),
        ("see https://www.a.example/b, or bb.com.", ["a.example", "bb.com"]),
        ("<a href='https://a.example' title='http://a.example'>a.exa...</a>", ["a.example"]),
        ("<a href='https://a.example'><b>bb.com</b></a> cc.com", ["a.example", "cc.com"]),
        ("<a href='https://a.example'>words bb.com</a>", ["a.example", "bb.com"]),
        ("[url=https://a.example]bb.com[/url]", ["a.example"]),
        ("[bb.com](https://a.example)", ["a.example"]),
        ("<a href='aa.com'></a><a href='bb.com'></a>", ["aa.com", "bb.com"]),
        # As typed: the folded text has letters for the digits.
        ("https://www.7rated-loans.example", ["7rated-loans.example"]),
        # A mail address whose name looks like a host, and ones with a blank in them.
        ("write to sales.top@mail.example", []),
        ("write to ann @ mail.com", []),
        ("write to ann@ mail.com", []),
    ],
)  # fmt: skip
def test_target_and_words_are_one_link(text: str, hosts: list[str]) -> None:
    assert [link.host for link in visible_links(text, tokenise(text))] == hosts


def test_a_link_has_the_range_and_the_tokens_of_target_and_words() -> None:
    text = "see <a href='https://a.example'>bb.com</a>"
    tokens = tokenise(text)
    (link,) = visible_links(text, tokens)
    assert text[link.start : link.end] == "<a href='https://a.example'>bb.com"
    assert link.places == tokens.link_places == (1, 2)
