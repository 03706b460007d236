"""Times on the pages of moderation: how long ago, and exact in the reader's own zone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeReader
from tests.browser.moderation.test_queue import Desk
from tests.browser.servers import World

WRITTEN = "2026-11-01T12:00:00Z"


@pytest.mark.parametrize(
    ("now", "text"),
    [
        ("2026-11-01T12:00:20Z", "this minute"),
        ("2026-11-01T12:05:00Z", "5 minutes ago"),
        ("2026-11-01T15:10:00Z", "3 hours ago"),
        ("2026-11-02T14:00:00Z", "yesterday"),
        ("2026-11-05T12:00:00Z", "4 days ago"),
        ("2026-11-09T12:00:00Z", "Nov 1, 2026, 9:00 PM"),
        ("2026-11-01T09:00:00Z", "in 3 hours"),
    ],
)
def test_time_by_distance(world: World, new_reader: MakeReader, now: str, text: str) -> None:
    world.say("Ada", "maybe this waits")
    reader = new_reader(timezone_id="Asia/Tokyo")
    reader.page.clock.set_fixed_time(now)
    time = Desk(world, reader).page.locator(".card time[data-ago]").first
    expect(time).to_have_text(text)
    expect(time).to_have_attribute("title", "Sunday, November 1, 2026 at 9:00:00 PM GMT+9")


@pytest.mark.parametrize("path", ["comments/1", "week/"])
def test_every_page_shows_the_reader_s_own_zone(
    world: World, new_reader: MakeReader, path: str
) -> None:
    world.say("Ada", "maybe this waits")
    page = Desk(world, new_reader(timezone_id="Asia/Tokyo")).page
    page.goto(f"{world.service}/moderation/{path}")
    expect(page.locator("time[title$='GMT+9']").first).to_be_attached()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_day_is_the_same_in_every_zone(world: World, new_reader: MakeReader, zone: str) -> None:
    world.say("Ada", "maybe this waits")
    page = Desk(world, new_reader(timezone_id=zone)).page
    page.goto(f"{world.service}/moderation/model/")
    page.evaluate("showTimes(document)")
    expect(page.locator("th time").first).to_have_text("Nov 1, 2026")
