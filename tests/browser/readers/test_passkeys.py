"""A real browser with a virtual authenticator: create a passkey and sign in with it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.comments.test_accessibility import check
from tests.browser.conftest import MakeReader, MakeWorld
from tests.browser.reader import Reader
from tests.browser.servers import Stage, World

pytestmark = pytest.mark.slow


@pytest.fixture
def named_stage() -> Iterator[Stage]:
    """Return a port under a host name: browsers do not allow passkeys on IP addresses."""
    with Stage("localhost") as stage:
        yield stage


@pytest.fixture
def here(make_world: MakeWorld, named_stage: Stage) -> World:
    world = make_world()
    named_stage.app = world.app
    return World(world.app, named_stage.origin, world.blog)


def with_authenticator(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_passkey_is_created_and_signs_in(here: World, new_reader: MakeReader) -> None:
    reader: Reader = new_reader()
    page = reader.page
    with_authenticator(page)
    window = f"{here.service}/sign-in/passkey/?site=default&url={here.post}"
    page.goto(window)
    check(reader)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Create a passkey").click()
    expect(page.locator(".comments-account")).to_contain_text("using your passkey account")
    page.context.clear_cookies()
    page.goto(f"{here.service}/account/?site=default")
    page.get_by_role("link", name="Passkey").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Ada")
    check(reader)
    reader.asked = []  # the service has another host name here


def test_cancelled_passkey_shows_other_options(here: World, new_reader: MakeReader) -> None:
    reader: Reader = new_reader()
    page = reader.page
    with_authenticator(page)
    page.goto(f"{here.service}/sign-in/passkey/?site=default&url={here.post}")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used")
    reader.troubles, reader.asked = [], []
