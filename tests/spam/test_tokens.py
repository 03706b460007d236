"""Tokens of a text, and their positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comment_service.spam.features.tokens import MAIL_SIGN, URL_SIGN, tokenise


def forms(text: str) -> list[str]:
    return [token.form for token in tokenise(text).tokens]


def test_words_are_folded_and_shortened_and_digits_equal() -> None:
    assert forms("Sooooo GRÉAT in 2013") == ["soo", "great", "in", "0000"]


def test_l_i_and_one_are_the_same_letter() -> None:
    assert forms("bill") == forms("biII") == forms("b1ll")


def test_addresses_become_signs_and_keep_their_domain() -> None:
    found = tokenise("see http://a.shop.example.co.uk/x, mail me@b.example or go.top.xyz")
    assert [t.form for t in found.tokens].count(URL_SIGN) == 2
    assert MAIL_SIGN in [t.form for t in found.tokens]
    assert found.domains == ("example.co.uk", "top.xyz")


def test_link_markup_counts_as_its_link() -> None:
    found = tokenise('<a href="http://a.example/">hi</a> [url=http://b.example]x[/url] <b>y</b>')
    assert found.links == ("http://a.example/", "http://b.example")
    assert [t.form for t in found.tokens] == [URL_SIGN, "hi", URL_SIGN, "x", "y"]


def test_version_numbers_and_abbreviations_are_no_links() -> None:
    assert tokenise("e.g. v2.0, i.e. node.js and this.Then that").links == ()


def test_tokens_point_into_the_text_as_typed() -> None:
    typed = "ab 𝐟𝐫\u200b𝐞𝐞 v.i.a.g.r.a"
    found = {token.form: typed[token.start : token.end] for token in tokenise(typed).tokens}
    assert found == {"ab": "ab", "free": "𝐟𝐫\u200b𝐞𝐞", "viagra": "v.i.a.g.r.a"}


@given(st.text(max_size=300))
def test_any_text_can_be_tokenised(text: str) -> None:
    for token in tokenise(text).tokens:
        assert 0 <= token.start < token.end <= len(text)


def test_vowel_marks_stay_in_their_word() -> None:
    assert forms("यह हिन्दी है।") == ["यह", "हिन्दी", "है", "।"]
    assert len(forms("สวัสดีครับ")) == 1


def test_a_shortener_without_its_path_is_a_link() -> None:
    assert tokenise(r"earn now bit.ly\\14gKv or adf.ly /KlD").links == ("bit.ly", "adf.ly")


@pytest.mark.parametrize(
    "piece", ["की", "a\u0301", "\u0940", "a.", "<a", "[url=", "http://", "@a", "'a", "!", "aa@aa."]
)
def test_hostile_repeats_take_linear_time(piece: str) -> None:
    assert len(tokenise(piece * 20_000).tokens) <= 20_000
