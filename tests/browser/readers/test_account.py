"""The account pages in a browser: no violation of WCAG 2.2 AA, nothing cut off, local times."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeReader, MakeWorld
from tests.browser.reader import Reader
from tests.browser.readers.test_login_looks import KNOWN, look
from tests.browser.servers import World
from tests.web.readers.test_login_window import signed_in

pytestmark = pytest.mark.slow


@pytest.fixture
def here(make_world: MakeWorld) -> World:
    return make_world(PROVIDERS={"github": KNOWN, "mastodon": {}})


def known(world: World, reader: Reader) -> Reader:
    """Sign a browser in as a reader who has written and liked."""
    ada = signed_in(world.app, world.person("Ada"))
    said = ada.say("What I said").get_json()["id"]
    ada.say("https://a.example https://b.example https://c.example wait for a look")
    ada.like(said)
    ada.like()
    token = {"name": "comments_visitor_1", "value": ada.token, "url": world.service}
    reader.context.add_cookies([token])  # type: ignore[list-item]
    return reader


@pytest.mark.parametrize("path", ["", "comments", "likes", "mails", "erase"])
def test_a_page_of_the_account(here: World, reader: Reader, path: str) -> None:
    known(here, reader).page.goto(f"{here.service}/account/{path}?site=default")
    expect(reader.page.locator("h1")).to_be_visible()
    look(reader)


def test_times_are_in_the_readers_zone(here: World, new_reader: MakeReader) -> None:
    reader = known(here, new_reader(timezone_id="Asia/Tokyo"))
    reader.page.goto(f"{here.service}/account/comments?site=default")
    time = reader.page.locator("time").first
    expect(time).to_have_text(re.compile("9:00"))  # noon, in Tokyo
    expect(time).to_have_attribute("title", re.compile(r"GMT\+9|Japan"))


def test_unknown_visitor_is_sent_to_sign_in(here: World, reader: Reader) -> None:
    reader.page.goto(f"{here.service}/account/?site=default")
    expect(reader.page).to_have_url(re.compile("/sign-in/"))
    expect(reader.page.get_by_role("link", name="GitHub")).to_be_visible()
