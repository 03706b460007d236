"""Near-duplicates are found despite changed links, names and disguises; honest texts are not."""

from comment_service.text.likeness import CampaignIndex, likeness_key

ADVERT = "Hello dear, I lost my savings and Doctor Moses gave them back, write him at {} today"


def test_changed_link_is_the_same_campaign() -> None:
    keys = {likeness_key(ADVERT.format(f"https://{host}.example/x")) for host in "abc"}
    assert len(keys) == 1


def test_few_changed_words_are_the_same_campaign() -> None:
    seen = CampaignIndex()
    seen.add(7, likeness_key(ADVERT.format("")))
    spun = "Hello friend, I lost my savings and Doctor Musa gave them back, write to him today"
    assert seen.find(likeness_key(spun)) == 7
    other = "The parser stops at line 12 since the last release of the library"
    assert seen.find(likeness_key(other)) is None


def test_short_text_has_no_campaign() -> None:
    assert likeness_key("Thank you so much!") == ""
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
