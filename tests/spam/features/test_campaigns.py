"""Near-duplicates are found despite changed links, names and disguises; honest texts are not."""

import re
from collections.abc import Callable
from random import Random

import pytest
from rapidfuzz import fuzz

from comment_service.spam.features.campaigns import (
    MAX_COMPARED,
    MIN_SIMILARITY,
    CampaignIndex,
    Trigrams,
)
from comment_service.text.likeness import likeness_key

ADVERT = "Hello dear, I lost my savings and Doctor Moses gave them back, write him at {} today"


def test_few_changed_words_are_the_same_campaign() -> None:
    seen = CampaignIndex()
    seen.add(7, likeness_key(ADVERT.format("")))
    spun = "Hello friend, I lost my savings and Doctor Musa gave them back, write to him today"
    assert seen.find(likeness_key(spun)) == 7
    other = "The parser stops at line 12 since the last release of the library"
    assert seen.find(likeness_key(other)) is None


def test_a_text_without_a_key_has_no_campaign() -> None:
    assert CampaignIndex().find("") is None


def test_active_campaign_is_not_forgotten() -> None:
    seen = CampaignIndex(remembered=2)
    texts = [f"{letter * 30} stands for a text of its own kind {letter}" for letter in "abc"]
    first, second, third = (likeness_key(text) for text in texts)
    seen.extend([(1, first), (2, second)])
    assert seen.find(first) == 1  # marks it as recently seen
    seen.add(3, third)
    assert seen.find(first) == 1
    assert seen.find(second) is None


def test_an_earlier_search_leaves_only_later_campaigns_to_compare() -> None:
    seen = CampaignIndex()
    key, closer = likeness_key(ADVERT.format("")), likeness_key(ADVERT.format("now"))
    assert seen.find(key, seen.search(key)) is None
    near = seen.search(key)
    seen.add(5, closer)
    assert seen.find(key, near) == 5
    near = seen.search(key)
    assert near.number == 5
    seen.add(6, key)
    assert seen.find(key, near) == 6 == seen.find(key)
    near = seen.search(key)
    seen.add(7, closer)
    assert seen.find(key, near) == 6 == seen.find(key)


def _texts(number: int, seed: int = 3) -> list[str]:
    draw = Random(seed)  # noqa: S311 - no secret
    words = "the boat and wind was better than our old map when winter rain held every rope of it"
    return [" ".join(draw.choices(words.split(), k=draw.randint(12, 60))) for _ in range(number)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("the", "a").replace("old", "new"), id="words"),
        pytest.param(lambda text: re.sub(r"(\w)(\w*)", r"\1\1\2", text), id="a letter per word"),
        pytest.param(lambda text: re.sub(r"(.{11})", r"\1xy", text), id="two letters per eleven"),
        pytest.param(lambda text: re.sub(r"(.{5}).", r"\1", text), id="each sixth dropped"),
        pytest.param(lambda text: f"hello friend {text} bye", id="more around"),
    ],
)
def test_a_text_that_was_changed_here_and_there_is_compared(change: Callable[[str], str]) -> None:
    seen, texts = CampaignIndex(), _texts(150)
    keys = [likeness_key(text) for text in texts]
    seen.extend(enumerate(keys, 1))
    for text in texts:
        changed = likeness_key(change(text))
        near = seen.search(changed)
        best = max(fuzz.ratio(changed, key) for key in keys)
        assert near.similarity == (pytest.approx(best) if best >= MIN_SIMILARITY else 0)
        assert (near.number is None) == (best < MIN_SIMILARITY)


def test_texts_with_few_common_trigrams_are_not_compared() -> None:
    index, other = Trigrams(), likeness_key("Das Boot lag noch immer im Hafen von gestern, sagt er")
    for place, key in enumerate([*map(likeness_key, _texts(100)), other]):
        index.set(place, key)
    assert index.near(other) == [100] == index.near(other, [7, 100, 8])
    assert index.near(other, [7, 8]) == []


def test_of_many_texts_of_the_same_words_the_nearest_are_compared() -> None:
    index, draw = Trigrams(), Random(8)  # noqa: S311 - no secret
    words = ["boat", "wind", "rope", "map", "deck", "crew", "storm", "knot", "sail", "rain"]
    keys = [" ".join(draw.choices(words, k=40)) for _ in range(3 * MAX_COMPARED)]
    for place, key in enumerate(keys):
        index.set(place, key)
    found = [index.near(key) for key in keys]
    assert {len(places) for places in found} == {MAX_COMPARED}
    assert all(place in places for place, places in enumerate(found))


@pytest.mark.parametrize("every", ["second followed by another", "fifth replaced"])
def test_changes_all_over_a_text_make_no_copy(every: str) -> None:
    seen, text = CampaignIndex(), likeness_key(ADVERT)
    letters = enumerate(text)
    if every == "fifth replaced":
        apart = "".join("xyzw"[at % 4] if at % 5 == 4 else letter for at, letter in letters)
    else:
        apart = "".join(letter + "xyzw"[at % 4] * (at % 2) for at, letter in letters)
    assert fuzz.ratio(text, apart) >= MIN_SIMILARITY
    before = seen.search(apart)
    seen.add(1, text)
    assert seen.find(apart) is None
    assert seen.find(apart, before) is None


def test_a_place_is_used_again_for_the_campaign_that_comes_next() -> None:
    seen, keys = CampaignIndex(remembered=100), [likeness_key(text) for text in _texts(350)]
    for number, key in enumerate(keys, 1):
        seen.add(number, key)
    for number, key in enumerate(keys, 1):
        found = seen.find(key)
        assert found == number if number > 250 else found != number
    assert len(seen._numbers) == 100
