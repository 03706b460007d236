"""Phrases shown to moderators begin and end with a word."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from comment_service.spam import Recipe
from comment_service.spam.features.reading import Reading, read
from comment_service.spam.features.submission import Reason
from comment_service.spam.model.explanation import choose_phrases, phrase_reasons


def word_reasons(
    text: str, reading: Reading, weights: NDArray[np.float64], *, held: bool = True
) -> list[Reason]:
    """Return the phrases that are shown, without what is told of links and of the whole text."""
    shown = choose_phrases(phrase_reasons(text, reading, weights), held=held)
    return [reason for reason in shown if reason.name in ("words", "no_words")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("“, buy now!", "buy now"),
        ("(cheap pills).", "cheap pills"),
        ("«купить диплом»", "купить диплом"),
        ("… की!", "की"),
        ("now with pills and the", "pills"),
        ("the best of the casino", "best of the casino"),
        ("安い時計", "安い時計"),
        ("50% off", "50% off"),
    ],
)
def test_a_phrase_begins_and_ends_with_a_word(recipe: Recipe, text: str, shown: str) -> None:
    reading = read(text, recipe)
    (reason,) = word_reasons(text, reading, np.ones(len(reading.tokens.tokens)))
    assert reason.sentence == f"“{shown}” is typical of spam"
    ((start, end),) = reason.spans
    assert text[start:end] == shown


def test_phrase_range_matches_the_text(recipe: Recipe) -> None:
    text = "Thanks. — , buy pills , —"
    reading = read(text, recipe)
    weights = np.array([-1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0])
    reasons = word_reasons(text, reading, weights)
    spans = {text[slice(*reason.spans[0])] for reason in reasons if reason.weight > 0}
    assert spans == {"buy pills"}


@pytest.mark.parametrize(
    "text",
    ["", "*** !!!", "now with the", "a of it", "“ ”", "und der die", "ok", "no", "at 5 pm",
     "another", "niemals", "любой", "docs.example", "x.len", "https://docs.example/ ok"],
)  # fmt: skip
def test_what_means_nothing_is_no_reason(recipe: Recipe, text: str) -> None:
    reading = read(text, recipe)
    assert word_reasons(text, reading, np.ones(len(reading.tokens.tokens))) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://docs.example/casino/pills", "an address"),
        ("<https://docs.example/cheap>", "an address"),
        ("https://a.example https://b.example", "an address"),
        ("pills@casino.example", "an address"),
        ("12345", "a number"),
        ("+1 (800) 555-0199!", "a number"),
        ("٠١٢٣٤", "a number"),
    ],
)
def test_a_text_without_words_is_told_as_such(recipe: Recipe, text: str, kind: str) -> None:
    reading = read(text, recipe)
    (reason,) = word_reasons(text, reading, np.ones(len(reading.tokens.tokens)))
    assert reason.sentence == f"The text is {kind} without words"
    assert reason.name == "no_words"  # a card shows its sentence, not the address
    assert word_reasons(text, reading, -np.ones(len(reading.tokens.tokens))) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Coca-Cola lottery", "Coca-Cola lottery"),
        ("Join @gold_pips_vip today", "Join @gold_pips_vip today"),
        ("with 0.05 BTC", "0.05 BTC"),
        ("50.000 Euro", "50.000 Euro"),
        ("one do-follow link", "do-follow link"),
        ("moscow girls 24/7", "moscow girls 24/7"),
        ("call skinlord#4410", "call skinlord#4410"),
        ("working 100%!", "working 100%"),
        ("moved from C++", "moved from C++"),
        ('<a href="https://sofa.example">cheap sofas</a>', "cheap sofas"),
        ("[url=https://sofa.example]cheap sofas[/url]", "cheap sofas"),
        ("write to kredit@hilfe.example", "write to kredit@hilfe.example"),
    ],
)
def test_a_phrase_has_whole_words(recipe: Recipe, text: str, shown: str) -> None:
    reading = read(text, recipe)
    (reason,) = word_reasons(text, reading, np.ones(len(reading.tokens.tokens)))
    assert reason.sentence == f"“{shown}” is typical of spam"
    ((start, end),) = reason.spans
    assert text[start:end] == shown


def test_parts_of_a_word_are_one_reason_whatever_their_weights(recipe: Recipe) -> None:
    text = "Join @gold_pips_vip now"
    reading = read(text, recipe)
    forms = [text[t.start : t.end] for t in reading.tokens.tokens]
    assert forms == ["Join", "@", "gold", "_", "pips", "_", "vip", "now"]
    (reason,) = word_reasons(text, reading, np.array([1, -0.2, 1, -0.2, -0.2, -0.4, 1, 1.0]))
    assert reason.sentence == "“Join @gold_pips_vip now” is typical of spam"
    assert reason.weight == pytest.approx(3.0)


def test_nothing_is_typical_of_spam_in_a_comment_beyond_doubt(recipe: Recipe) -> None:
    text = "cheap pills parser crashed"
    phrases = phrase_reasons(text, read(text, recipe), np.array([1.0, 1.0, -2.0, -2.0]))
    doubtful = choose_phrases(phrases, held=False)
    assert {text[slice(*r.spans[0])] for r in doubtful} == {"cheap pills", "parser crashed"}
    (clear,) = choose_phrases(phrases, held=False, doubtful=False)
    assert text[slice(*clear.spans[0])] == "parser crashed"


def test_a_phrase_that_occurs_twice_is_one_reason_with_both_ranges(recipe: Recipe) -> None:
    text = "cheap pills . Cheap Pills ."
    reading = read(text, recipe)
    (reason,) = word_reasons(text, reading, np.array([1.0, 1.0, -0.1, 1.0, 1.0, -0.1]))
    assert reason.weight == pytest.approx(4.0)
    assert [text[slice(*span)] for span in reason.spans] == ["cheap pills", "Cheap Pills"]


def test_honest_words_need_more_weight_than_spam_words(recipe: Recipe) -> None:
    reading = read("parser crashed", recipe)
    assert word_reasons("parser crashed", reading, np.array([0.15, 0.15]))
    assert not word_reasons("parser crashed", reading, np.array([-0.15, -0.15]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cheap pills. Casino bonus", ["cheap pills", "casino bonus"]),
        ("cheap pills\ncasino bonus", ["cheap pills", "casino bonus"]),
        ("cheap pills (casino bonus)", ["cheap pills", "casino bonus"]),
        ("cheap pills https://a.example\ncasino bonus", ["cheap pills", "casino bonus"]),
        ("安い時計。格安財布", ["安い時計", "格安財布"]),
        ("version 2.0 released", ["version 2.0 released"]),
        ("web-site builder", ["web-site builder"]),
    ],
)
def test_a_phrase_lies_within_a_clause(recipe: Recipe, text: str, shown: list[str]) -> None:
    reading = read(text, recipe)
    reasons = word_reasons(text, reading, np.ones(len(reading.tokens.tokens)))
    found = {text[slice(*reason.spans[0])].lower() for reason in reasons}
    assert {words.removesuffix(" https://a.example") for words in found} == set(shown)


def test_words_that_mean_nothing_add_no_weight(recipe: Recipe) -> None:
    reading = read("and the parser crashed", recipe)
    (reason,) = word_reasons("and the parser crashed", reading, np.array([3.0, 3.0, 0.5, 0.5]))
    assert reason.weight == pytest.approx(1.0)


def test_a_single_word_needs_more_weight_than_two(recipe: Recipe) -> None:
    assert not word_reasons("parser", read("parser", recipe), np.array([0.7]))
    assert word_reasons("parser", read("parser", recipe), np.array([0.9]))
    assert word_reasons("parser crashed", read("parser crashed", recipe), np.array([0.25, 0.25]))


@pytest.mark.parametrize(
    ("weights", "held", "shown"),
    [
        ([0.5, 0.5, -0.4, -0.4], True, {"cheap pills"}),
        ([0.5, 0.5, -0.4, -0.4], False, {"parser crashed"}),
        ([1.0, 1.0, -0.6, -0.6], True, {"cheap pills", "parser crashed"}),
        ([1.0, 1.0, -0.6, -0.6], False, {"cheap pills", "parser crashed"}),
    ],
)
def test_what_speaks_against_the_result_is_shown_if_it_is_strong(
    recipe: Recipe, weights: list[float], held: bool, shown: set[str]
) -> None:
    text = "cheap pills parser crashed"
    reasons = word_reasons(text, read(text, recipe), np.array(weights), held=held)
    assert {text[slice(*reason.spans[0])] for reason in reasons} == shown


def test_an_address_alone_is_no_honest_reason_either(recipe: Recipe) -> None:
    text = "https://docs.example/"
    assert word_reasons(text, read(text, recipe), np.array([-5.0]), held=False) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fake notes 🔥 best quality", ["fake notes", "best quality"]),
        (
            "registration fee www.mine.example daily earnings",
            ["daily earnings", "registration fee"],
        ),
        ("**new mixtape**** **best quality", ["best quality", "new mixtape"]),
        ("cheap pills  daily earnings", ["cheap pills", "daily earnings"]),
        ("wonderful ,legitimate platform", ["legitimate platform", "wonderful"]),
        ("在线赌场，注册即送", ["在线赌场", "注册即送"]),
        ("WhatsApp +1 202 555 0176", ["WhatsApp +1 202 555 0176"]),
        ("call (713) 555-0199 today", ["call (713) 555-0199 today"]),
        ("up to 500 000 euros", ["500 000 euros"]),
        ("apenas R$ 19,90", ["apenas R$ 19,90"]),
        ("please follow me", ["please follow me"]),
        ("no prescription", ["no prescription"]),
        ("&quot;subscribe&quot;", ["subscribe"]),
        ("watch?v=Dtqcftr1Fac cheap pills", ["cheap pills"]),
        ("cheap pills,casino bonus", ["casino bonus", "cheap pills"]),
        ("contact office,,,you won prizes", ["contact office", "won prizes"]),
        ("Viagra 1,000 pills", ["Viagra 1,000 pills"]),
        (
            "cheap pills - casino bonus ~ daily earnings",
            ["casino bonus", "cheap pills", "daily earnings"],
        ),
        ("WhatsApp +1 202 - 5550176", ["WhatsApp +1 202 - 5550176"]),
        ("学历认证,价格优惠", ["价格优惠", "学历认证"]),
        ("cheap pills <a href='https://a.example'>casino bonus", ["casino bonus", "cheap pills"]),
        ("cheap pills <a href='https://a.example'>#active", ["#active", "cheap pills"]),
        ("【在线赌场】注册即送", ["在线赌场", "注册即送"]),
        ("cheap pills<br /><span class='x'>casino bonus", ["casino bonus", "cheap pills"]),
        ("shown on my channel", ["shown on my channel"]),
        ("on my channel", ["my channel"]),
        ("на наш канал", ["наш канал"]),
        ("please like", ["please like"]),
        (
            "writers deliver plagiarism free papers before deadline with discount",
            ["writers deliver plagiarism free papers", "deadline with discount"],
        ),
    ],
)
def test_phrases_are_cut_where_a_clause_is(recipe: Recipe, text: str, shown: list[str]) -> None:
    reading = read(text, recipe)
    reasons = word_reasons(text, reading, np.ones(len(reading.tokens.tokens)))
    assert sorted(text[slice(*r.spans[0])] for r in reasons) == sorted(shown)


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("earn money up to 5000 roubles", 5, "earn money"),
        ("high quality websites with dofollow links", 5, "high quality websites"),
        ("hot girls waiting без вложений", 4, "hot girls waiting"),
    ],
)
def test_a_phrase_ends_before_what_needs_its_next_word(
    recipe: Recipe, text: str, length: int, shown: str
) -> None:
    reading = read(text, recipe)
    weights = np.where(np.arange(len(reading.tokens.tokens)) < length, 1.0, -0.1)
    (reason,) = word_reasons(text, reading, weights)
    assert text[slice(*reason.spans[0])] == shown


def test_weak_phrases_are_not_shown_beside_a_strong_reason(recipe: Recipe) -> None:
    text = "cheap pills . easily replaced"
    phrases = phrase_reasons(text, read(text, recipe), np.array([2.0, 2.0, 0.0, 0.4, 0.4]))
    assert [r.weight for r in choose_phrases(phrases, held=True)] == [4.0]
    weak = [r for r in phrases if r.weight < 1]
    assert choose_phrases(weak, held=True) == weak
    assert choose_phrases(weak, [Reason("phone", "Contains a phone number", 3.0)], held=True) == []


@pytest.mark.parametrize(
    ("text", "weights", "shown"),
    [
        # A word of little weight stays inside, one that speaks against it does not.
        ("subscribe to my channel", [4, -0.2, 1, 1], ["subscribe to my channel"]),
        ("subscribe to my channel", [4, -0.6, 1, 1], ["my channel", "subscribe"]),
        ("subscribe to the new channel", [4, -0.2, -0.2, 1, 1], ["subscribe to the new channel"]),
        ("отправка в любой город", [2, -0.3, 1, 1], ["отправка в любой город"]),
        # Nor does one whose weight is large beside what it joins, or one at the end of a clause.
        ("buy parser pills", [0.5, -0.45, 0.5], []),
        ("subscribe please . my channel", [4, 1, -0.1, 1, 1], ["my channel", "subscribe please"]),
        # Longer phrases are not joined.
        (
            "make money online daily parser crypto trading bots work",
            [1, 1, 1, 1, -0.1, 1, 1, 1, 1],
            ["crypto trading bots work", "make money online daily"],
        ),
        # A particle belongs to the word before it.
        ("check out the parser", [3, -0.4, -0.5, -0.2], ["check out"]),
        ("click here if the parser crashed", [3, -0.4, -0.5, -0.2, -0.1, -0.1], ["click here"]),
        ("earnings up to the limit", [3, -0.4, -0.5, -0.2, -0.1], ["earnings"]),
        ("check out the parser", [3, -2.0, -0.5, -0.2], ["check"]),
        # A first word that adds nothing is left out, such as a name.
        ("Harlan on WhatsApp channel", [0.05, 0.1, 2, 2], ["WhatsApp channel"]),
        ("Harlan on WhatsApp", [0.05, 0.1, 3], ["WhatsApp"]),
        ("call the new number", [0.4, 0.1, 2, 2], ["call the new number"]),
    ],
)  # fmt: skip
def test_a_phrase_is_one_expression(
    recipe: Recipe, text: str, weights: list[float], shown: list[str]
) -> None:
    reasons = word_reasons(text, read(text, recipe), np.array(weights, dtype=float))
    found = [text[slice(*r.spans[0])] for r in reasons if r.weight > 0]
    assert sorted(found) == shown


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("https://songs.example.org/a viva", "songs.example.org"),
        ("viva www.Songs.example", "songs.example"),
        ("viva 7songs.com", "7songs.com"),
        ("https://a.example/ https://b.example https://b.example/c viva", "b.example, a.example"),
        ("<a href='https://a.example/'>b.example</a> viva", "a.example"),
        ("https://a.example https://b.example https://c.example viva", "a.example, b.example"),
    ],
)
def test_links_that_weigh_are_a_reason_of_what_is_held(
    recipe: Recipe, text: str, hosts: str
) -> None:
    reading = read(text, recipe)
    phrases = phrase_reasons(text, reading, np.ones(len(reading.tokens.tokens)))
    (link,) = (r for r in choose_phrases(phrases, held=True) if r.name == "link_target")
    assert link.sentence == f"Links to {hosts}"
    assert all("." in text[slice(*span)] for span in link.spans)
    assert "link_target" not in {r.name for r in choose_phrases(phrases, held=False)}
    weightless = phrase_reasons(text, reading, np.full(len(reading.tokens.tokens), 0.1))
    assert "link_target" not in {reason.name for reason in weightless}


def test_a_link_is_told_beside_a_stronger_phrase(recipe: Recipe) -> None:
    text = "cheap pills https://a.example"
    phrases = phrase_reasons(text, read(text, recipe), np.array([5.0, 5.0, 1.0]))
    shown = {r.name: r.weight for r in choose_phrases(phrases, held=True)}
    assert shown == pytest.approx({"words": 10.0, "link_target": 1.0})


def test_many_links_hide_no_phrase(recipe: Recipe) -> None:
    text = "cheap pills " + "https://a.example " * 10
    reading = read(text, recipe)
    phrases = phrase_reasons(text, reading, np.array([0.5, 0.5, *[1.0] * 10]))
    shown = {r.name: r.weight for r in choose_phrases(phrases, held=True)}
    assert shown == pytest.approx({"link_target": 10.0, "words": 1.0})


def test_a_text_without_a_strong_part_is_told_to_resemble_spam_as_a_whole(recipe: Recipe) -> None:
    text = "name the band . at the film . casino lake"
    reading = read(text, recipe)
    weights = np.array([0.6, 0.0, 0.6, 0.0, 0.0, 0.0, 0.4, 0.0, 0.4, 0.4])
    phrases = phrase_reasons(text, reading, weights)
    shown = choose_phrases(phrases, held=True)
    assert [r.name for r in shown] == [
        "whole_text",
        "words",
    ]  # "casino lake" is too weak to be told
    assert shown[0].sentence == "Resembles spam as a whole; no single phrase decides"
    assert shown[0].weight + shown[1].weight == pytest.approx(weights.sum())
    assert "whole_text" not in {r.name for r in choose_phrases(phrases, held=False)}
    strong = Reason("phone", "Contains a phone number", 1.5)
    assert "whole_text" not in {r.name for r in choose_phrases(phrases, [strong], held=True)}
