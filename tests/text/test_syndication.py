"""A post has many addresses; which ones name the same post."""

import pytest

from comment_service.text.syndication import post_address

HERE = "https://bsky.app/profile"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://m.example/@ada/2", "https://m.example/users/ada/statuses/2/", True),
        ("https://m.example/@ada/2", "https://m.example/@ada/3", False),
        ("https://m.example/@ada/2", "https://n.example/@ada/2", False),
        (f"{HERE}/ada.example/post/3k", "at://ada.example/app.bsky.feed.post/3k", True),
        (f"{HERE}/ada.example/post/3k", f"{HERE}/did:plc:abc/post/3k", True),
        (f"{HERE}/ada.example/post/3k", f"{HERE}/bob.example/post/3k", False),
        (f"{HERE}/did:plc:abc/post/3k", f"{HERE}/did:plc:xyz/post/3k", False),
        (f"{HERE}/ada.example/post/3k", f"{HERE}/did:plc:abc/post/4k", False),
    ],
)
def test_same_post(one: str, other: str, same: bool) -> None:
    first, second = post_address(one), post_address(other)
    assert first is not None
    assert second is not None
    assert first.is_same_post(second) is same
    assert second.is_same_post(first) is same
