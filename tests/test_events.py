import logging

import pytest

from comment_service import events
from comment_service.events import Announcement, deliver


def test_one_broken_listener_is_logged_and_the_next_hears(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[object] = []

    def broken(_sender: str, **_told: object) -> None:
        raise RuntimeError("broken")

    def listen(sender: str, **told: object) -> None:
        heard.append((sender, told))

    signal = events.like_changed
    with caplog.at_level(logging.ERROR), signal.connected_to(broken), signal.connected_to(listen):
        deliver([Announcement("like_changed", "site", {"count": 3})])
    assert heard == [("site", {"count": 3})]
    assert "a listener of like_changed failed" in caplog.text
