"""Emoji reactions in a real browser, with and without script."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.comments.test_accessibility import check
from tests.browser.conftest import MakeReader
from tests.browser.reader import Reader
from tests.browser.servers import World
from tests.people import ruled

pytestmark = pytest.mark.slow

ALL = "👍 ❤️ 😂 😮 😢 🎉 🙏 👀"


def button(reader: Reader, text: str, name: str) -> Locator:
    return reader.comment(text).get_by_role("button", name=name)


def test_reaction_is_given_withdrawn_and_remembered(world: World, reader: Reader) -> None:
    ruled(world.app, reactions=ALL)
    world.say("Ruth", "Well said")
    reader.open(world.post)
    heart = button(reader, "Well said", "Heart")
    expect(heart).to_have_attribute("aria-pressed", "false")
    heart.press("Enter")
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(heart).to_have_accessible_name("Heart: 1")
    check(reader)
    reader.reload()
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(heart).to_have_text("❤️1")
    heart.click()
    expect(heart).to_have_accessible_name("Heart: 0")
    expect(heart).to_have_attribute("aria-pressed", "false")


def test_eight_emoji_fit_on_a_small_screen(world: World, new_reader: MakeReader) -> None:
    ruled(world.app, reactions=ALL)
    above = None
    for n in range(5):
        above = world.say(f"Deep {n}", f"Depth {n}", parent=above)
    small = new_reader(viewport={"width": 320, "height": 640})
    small.open(world.post)
    check(small)
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not small.page.evaluate(wider)


def test_reaction_without_script(world: World, new_reader: MakeReader) -> None:
    ruled(world.app, reactions="👍 ❤️")
    world.say("Ruth", "Well said")
    plain = new_reader(java_script_enabled=False)
    plain.open(world.thread_page)
    button(plain, "Well said", "Thumbs up").click()
    expect(button(plain, "Well said", "Thumbs up: 1")).to_be_visible()
    button(plain, "Well said", "Thumbs up: 1").click()
    expect(button(plain, "Well said", "Thumbs up: 0")).to_be_visible()
