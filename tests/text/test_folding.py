"""Folding: which disguises are reverted, what stays unchanged, and the original positions."""

from __future__ import annotations

import pytest
from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given
from hypothesis import strategies as st

from comment_service.text import folding
from comment_service.text.folding import fold, fold_key


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("𝐂𝐡𝐞𝐜𝐤 𝓂𝓎 ｃｈａｎｎｅｌ", "Check my channel"),
        ("ᴄʜᴇᴄᴋ 🅼🆈 channel", "check my channel"),
        ("сhесk mу сhаnnеl", "check my channel"),
        ("free\u200bmo\u00adney\u202e", "freemoney"),
        ("Z̸̢a̵l̷g̶o", "Zalgo"),
        ("s p a c e d letters", "spaced letters"),
        ("F R E E   M O N E Y", "FREE   MONEY"),
        ("v.i.a.g.r.a and v-i-a-g-r-a", "viagra and viagra"),
        ("fr33 m0ney, c@sh, v1agra, $ale", "free money, cash, viagra, sale"),
        ("для yдaлённoгo зaрaбoткa", "для удалённого заработка"),
        ("3аработок в сети", "заработок в сети"),
    ],
)
def test_disguises_are_folded(typed: str, folded: str) -> None:
    assert fold(typed).text == folded


@pytest.mark.parametrize(
    "honest",
    [
        "Plain words, with punctuation (and a smiley :-)",
        "Привет, мир! Как дела?",
        "ха-ха, ну оно и понятно",
        "Καλημέρα, και το βιβλίο;",
        "これはPythonです。한국어 텍스트",
        "naïve café, Grüße aus København",
        "In 2013 it cost $5 at 10 am for 100km",
        "see http://m0ney.example/a1b2c3 or me@h0st.example",
        "line one\n\nline two\ttabbed",
        "مرحبا بالعالم שלום עולם नमस्ते",
    ],
)
def test_honest_text_stays_unchanged(honest: str) -> None:
    assert fold(honest).text == honest


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        # Digits beside letters of scripts without case are numbers, in any position of the word.
        ("月収50万円", "月収50万円"),
        ("５０万円", "50万円"),
        ("2024年1月", "2024年1月"),
        ("第3回", "第3回"),
        ("ブログ見て7年", "ブログ見て7年"),
        ("我等了8年!真的", "我等了8年!真的"),
        ("100만원, 하루 2시간", "100만원, 하루 2시간"),
        ("카지노7", "카지노7"),
        ("5ريال و7أيام", "5ريال و7أيام"),
        ("5रुपये", "5रुपये"),
        ("9บาท", "9บาท"),
        ("USB3対応のiPhone15を", "USB3対応のiPhone15を"),
        ("A4サイズ 5Gプラン 日本a5", "A4サイズ 5Gプラン 日本a5"),
        ("3Dプリンターとmp3を", "3Dプリンターとmp3を"),
        # Digits of other scripts stand for no letter.
        ("٥٠ريال ५०रुपये ๕๐บาท", "٥٠ريال ५०रुपये ๕๐บาท"),
        ("3D mp3 4K 100km", "3D mp3 4K 100km"),
        # Disguised words stay disguised words, also in the middle of another script.
        ("v1agra c4sino b1tc01n", "viagra casino bitcoin"),
        ("v1agraを買う c4sinoで", "viagraを買う casinoで"),
        ("今c@sino日", "今casino日"),
        ("кр3дит", "крздит"),
        # Between two letters with case, a digit always stands for a letter.
        ("H2O", "HzO"),
    ],
)
def test_digits_become_letters_only_beside_letters_with_case(typed: str, folded: str) -> None:
    assert fold(typed).text == folded


@given(st.text(alphabet="abzQÉжЯωΣ0137@$!|€ .-"))
def test_texts_of_scripts_with_case_are_folded_by_position_alone(text: str) -> None:
    cased = list(folding._leet_edits(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "_is_caseless", lambda char: False)
        assert list(folding._leet_edits(text)) == cased


def test_every_confusable_inside_a_word_is_folded() -> None:
    missed = []
    for letter in "abcdefghjkmnopqrstuvwxyz":
        for entry in confusables_data.get(letter, ()):
            if fold(f"in wa{entry['c']}er").text != f"in wa{letter}er":
                missed.append((letter, entry["c"]))
    # NFKC maps the long s to s; "rn" for m cannot be distinguished from the letters r and n.
    assert [pair for pair in missed if pair not in {("f", "ſ"), ("m", "rn")}] == []


def test_span_maps_back_to_the_text_as_typed() -> None:
    typed = "ab 𝐟𝐫\u200b𝐞𝐞 v.i.a.g.r.a c@sh"
    folded = fold(typed)
    for word, original in [("free", "𝐟𝐫\u200b𝐞𝐞"), ("viagra", "v.i.a.g.r.a"), ("cash", "c@sh")]:
        at = folded.text.index(word)
        start, end = folded.span(at, at + len(word))
        assert typed[start:end] == original


def test_empty_ranges_map_to_nothing() -> None:
    assert fold("").span(0, 0) == (0, 0)
    assert fold("abc").span(2, 2) == (0, 0)


def test_key_is_equal_for_disguises_of_one_text() -> None:
    plain = fold_key("Check my channel, free money!")
    assert plain == "check my channel free money"
    for disguise in (
        "CHECK   MY CHANNEL... free money",
        "сhесk mу сhаnnеl — fr33 m0ney",
        "𝐂𝐡𝐞𝐜𝐤 my chan\u200bnel f.r.e.e money",
        "chéck my channel ... free  money",
    ):
        assert fold_key(disguise) == plain


def test_key_of_signs_alone_is_not_empty() -> None:
    assert fold_key(" 👍 ") == "👍"
    assert fold_key("") == ""


@given(st.text(max_size=200))
def test_offsets_stay_in_order_and_inside_the_text(typed: str) -> None:
    folded = fold(typed)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert list(folded.starts) == sorted(folded.starts)
    assert all(
        0 <= start < end <= len(typed)
        for start, end in zip(folded.starts, folded.ends, strict=True)
    )


@given(st.text(max_size=200))
def test_key_has_neither_capitals_nor_doubled_blanks(typed: str) -> None:
    key = fold_key(typed)
    assert "  " not in key
    assert key == key.strip()


@pytest.mark.parametrize("char", ["a", "1", " ", ".", "é", "о", "\u0301", "@"])
def test_long_runs_of_one_character_take_linear_time(char: str) -> None:
    assert len(fold(char * 50_000).text) <= 50_000


SIGNS = "aJ1é@$!_|€ .-*·•~/,\n"


@given(
    st.text(SIGNS, max_size=3),
    st.text("aJ1é@$!", min_size=2, max_size=6),
    st.sampled_from(" .-_*·•~/,|"),
    st.text(SIGNS, max_size=3),
)
def test_every_spaced_word_ends_as_the_quick_search_expects(
    before: str, letters: str, sign: str, after: str
) -> None:
    text = before + sign.join(letters) + after
    if folding._SPACED.search(text):
        assert folding._SPACED_END.search(text)
