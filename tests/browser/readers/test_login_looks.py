"""The sign-in window: no violation of WCAG 2.2 AA, nothing cut off, in both text directions."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.comments.test_accessibility import check
from tests.browser.conftest import MakeWorld
from tests.browser.moderation.test_looks import TURN, WIDER
from tests.browser.reader import Reader
from tests.browser.servers import Stage, World
from tests.web.readers.test_login_window import MAIL, Mailed, confirm, prove, signed_in

pytestmark = pytest.mark.slow
CHALLENGE = "c" * 43
KNOWN = {"client_id": "x", "client_secret": "y"}


@pytest.fixture
def here(make_world: MakeWorld, service_stage: Stage) -> World:
    providers = {"github": KNOWN, "wordpress": KNOWN, "mastodon": {}, "indieauth": {}}
    return make_world(PROVIDERS=providers, PUBLIC_URL=service_stage.origin, **MAIL)


def look(reader: Reader) -> None:
    """Check with axe in light and dark, and the width on a phone, in both text directions."""
    check(reader)
    before = reader.page.viewport_size
    reader.page.set_viewport_size({"width": 320, "height": 640})
    for direction in ("ltr", "rtl"):
        reader.page.evaluate(TURN, direction)
        assert not reader.page.evaluate(WIDER), direction
    reader.page.evaluate(TURN, "ltr")
    reader.page.set_viewport_size(before or {"width": 1280, "height": 720})


def address(world: World, path: str) -> str:
    return f"{world.service}{path}?site=default&url={world.post}&challenge={CHALLENGE}"


def test_thread_with_sign_in_options(here: World, reader: Reader) -> None:
    reader.open(here.post)
    expect(reader.page.get_by_role("link", name="GitHub", exact=True)).to_be_visible()
    look(reader)
    with reader.context.expect_page() as opened:
        reader.page.get_by_role("link", name="E-mail", exact=True).click()
    opened.value.wait_for_load_state()
    expect(reader.page.locator(".comments-code")).to_have_text(re.compile(r"\w{4}"))
    reader.page.bring_to_front()
    look(reader)
    reader.page.get_by_role("button", name="Cancel").click()
    expect(reader.page.locator(".comments-waiting")).to_be_hidden()


def test_signed_in_reader(here: World, reader: Reader) -> None:
    guest = signed_in(here.app, here.person("Ada"))
    reader.page.add_init_script("window.close = () => {};")  # no script has opened this tab
    reader.page.goto(here.thread_page)
    token = {"name": "comments_visitor_1", "value": guest.token, "url": here.service}
    reader.context.add_cookies([token])  # type: ignore[list-item]
    reader.open(here.thread_page)
    expect(reader.page.locator(".comments-account")).to_contain_text("Sign out / Change")
    look(reader)
    reader.page.goto(address(here, "/sign-in/"))
    expect(reader.page.get_by_role("button", name="Continue as Ada")).to_be_visible()
    look(reader)
    reader.page.get_by_role("button", name="Continue as Ada").click()
    expect(reader.page.locator(".window-code")).to_be_visible()
    look(reader)
    reader.page.get_by_role("button", name="Yes, sign me in").click()
    expect(reader.page.locator("#finished")).to_be_visible()
    look(reader)


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/mail/", "/sign-in/with/mastodon"])
def test_a_page_of_the_window(here: World, reader: Reader, path: str) -> None:
    reader.page.goto(address(here, path))
    look(reader)


def test_invalid_and_valid_address(here: World, reader: Reader) -> None:
    reader.page.goto(address(here, "/sign-in/mail/"))
    reader.page.get_by_label("E-mail").fill("nonsense")
    reader.page.get_by_role("button", name="Send me a link").click()
    expect(reader.page.get_by_role("alert")).to_be_visible()
    look(reader)
    reader.page.get_by_label("E-mail").fill("ada@example.org")
    reader.page.get_by_role("button", name="Send me a link").click()
    expect(reader.page.get_by_text("the page with the comments shows")).to_be_visible()
    look(reader)
    reader.expects("422")


def test_magic_link_page(here: World, reader: Reader) -> None:
    ada = Mailed(here.app, here.post)
    ada.ask()
    reader.page.goto(here.service + ada.link())
    expect(reader.page.get_by_label("Code")).to_be_visible()
    look(reader)


def test_failed_sign_in(here: World, reader: Reader) -> None:
    confirm(here.app, prove(here.app))
    reader.page.goto(address(here, "/sign-in/with/mastodon"))
    reader.page.get_by_label("Your server").fill("nowhere")
    reader.page.get_by_role("button", name="Go on").click()
    expect(reader.page.get_by_role("alert")).to_contain_text("Enter your server's name")
    look(reader)
    reader.page.goto(f"{here.service}/sign-in/back/github?state=unknown")
    look(reader)
    reader.expects("403|410")
