"""A box to tick stands in one line with its words, at the start of the line."""

import pytest
from playwright.sync_api import expect

from tests.browser.moderation.test_queue import Desk
from tests.browser.reader import Reader
from tests.browser.servers import World


@pytest.mark.parametrize("path", ["api-keys/", "webhooks/"])
@pytest.mark.parametrize("width", [1000, 320])
def test_a_box_stands_beside_its_words(world: World, reader: Reader, path: str, width: int) -> None:
    page = Desk(world, reader).page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{world.service}/moderation/{path}")
    boxes = page.locator("main [type=checkbox]")
    expect(boxes.nth(4)).to_be_visible()
    for box in boxes.all():
        seen, line = box.bounding_box(), box.locator("..").bounding_box()
        assert seen is not None and line is not None
        assert seen["width"] == pytest.approx(seen["height"])
        assert seen["x"] - line["x"] < 2
        assert seen["y"] - line["y"] < 12, "the words begin in the line of the box"
    for name in page.locator("main label code").all():
        place = name.bounding_box()
        assert place is not None and place["height"] < 30, "no name is broken"
