"""Texts have one key despite changed links; short ones have none."""

from comment_service.text.likeness import likeness_key

ADVERT = "Hello dear, I lost my savings and Doctor Moses gave them back, write him at {} today"


def test_changed_link_is_the_same_campaign() -> None:
    keys = {likeness_key(ADVERT.format(f"https://{host}.example/x")) for host in "abc"}
    assert len(keys) == 1


def test_short_text_has_no_campaign() -> None:
    assert likeness_key("Thank you so much!") == ""
