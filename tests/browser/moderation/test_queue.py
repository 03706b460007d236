"""The queue in a real browser: reasons of a comment, decide, undo, and what readers see."""

import re

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select

from comment_service.storage.db.session import session
from comment_service.storage.tables import Site
from comment_service.web.http.viewer import MODERATOR_COOKIE
from tests.browser.conftest import MakeReader
from tests.browser.reader import Reader, focused
from tests.browser.servers import World
from tests.people import Moderator

SAID = ("maybe the first", "maybe the second", "maybe the third")
DONE = {"Approve": "Approved.", "Spam": "Marked as spam.", "Reject": "Rejected."}
KEYS = {"Approve": "a", "Spam": "s", "Reject": "d"}


class Desk:
    """A moderator's browser on the queue."""

    def __init__(self, world: World, reader: Reader) -> None:
        self.world = world
        self.page = reader.page
        cookie = Moderator(world.app).client.get_cookie(MODERATOR_COOKIE)
        assert cookie is not None
        known = {"name": MODERATOR_COOKIE, "value": cookie.value, "url": world.service}
        reader.context.add_cookies([known])
        self.page.goto(f"{world.service}/moderation/")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Needs review")

    @property
    def cards(self) -> Locator:
        return self.page.locator(".card")

    def card(self, text: str) -> Locator:
        return self.cards.filter(has_text=text)

    @property
    def toast(self) -> Locator:
        return self.page.locator("#toast")

    def count(self, queue: str) -> Locator:
        tab = self.page.locator("#tabs a", has_text=queue)
        return tab.locator(".count")

    def decide(self, text: str, button: str) -> None:
        self.card(text).get_by_role("button", name=button).click()

    def go(self, queue: str) -> None:
        self.page.locator("#tabs a", has_text=queue).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(queue)


@pytest.fixture
def held(world: World) -> World:
    """Return a blog with three pending comments."""
    for n, text in enumerate(SAID):
        world.say(f"Reader {n}", text)
    return world


@pytest.fixture
def desk(held: World, reader: Reader) -> Desk:
    return Desk(held, reader)


@pytest.fixture
def plain_desk(held: World, new_reader: MakeReader) -> Desk:
    return Desk(held, new_reader(java_script_enabled=False))


def test_one_time_link_works_once(world: World, reader: Reader, new_reader: MakeReader) -> None:
    link = world.link()
    for _ in range(2):  # opening it, as a mail scanner does, does not use it up
        reader.page.goto(link)
    reader.page.get_by_role("button", name="Sign in as Mod").click()
    expect(reader.page.get_by_text("All caught up.")).to_be_visible()
    other = new_reader()
    other.page.goto(link)
    expect(other.page.get_by_text("This link was used or is too old.")).to_be_visible()
    other.expects("410")


def test_signing_in_and_out_with_a_password(world: World, reader: Reader) -> None:
    world.link()
    page = reader.page
    page.goto(f"{world.service}/moderation/spam")
    page.get_by_label("E-mail or name").fill("mod@blog.example")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.get_by_label("E-mail or name")).to_have_value("mod@blog.example")
    reader.expects("403")
    page.get_by_label("Password").fill("ten letters")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Spam")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to moderation")
    page.goto(f"{world.service}/moderation/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to moderation")


def test_site_setup(world: World, reader: Reader) -> None:
    page = reader.page
    page.goto(world.setup_link())
    page.get_by_label("Name", exact=True).fill("Ruth")
    page.get_by_label("E-mail").fill("ruth@blog.example")
    page.get_by_label("Password", exact=True).fill("a sentence is good")
    page.get_by_label("Repeat the password").fill("a sentence is god")
    page.get_by_label("Name of the site").fill("The Slow Kettle")
    page.get_by_label("Address of the site").fill("https://kettle.example")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("The two passwords differ.")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("ruth@blog.example")
    reader.expects("422")
    for label in ("Password", "Repeat the password"):
        page.get_by_label(label, exact=True).fill("a sentence is good")
    page.get_by_role("button", name="Set up").click()
    said = f'{world.service}/embed.js" data-site="default"'
    expect(page.get_by_role("textbox", name="Where the comments should appear")).to_have_value(
        re.compile(re.escape(said))
    )
    with world.app.app_context():
        assert "https://kettle.example" in session().scalars(select(Site)).one().origins
    page.get_by_role("link", name="Go to the queue").click()
    expect(page.get_by_text("All caught up.")).to_be_visible()


def test_queue_shows_why_a_comment_is_pending(desk: Desk) -> None:
    card = desk.card(SAID[0])
    card.locator("summary").click()
    expect(card).to_contain_text("model fake-1")
    expect(card.get_by_role("list", name="Reasons")).to_contain_text("“maybe” is typical of spam")
    expect(card).to_contain_text("towards spam")
    expect(card).to_contain_text("on A post")
    expect(desk.count("Needs review")).to_have_text("3")


@pytest.mark.parametrize("decision", DONE)
def test_a_decision_by_button(desk: Desk, decision: str) -> None:
    desk.decide(SAID[1], decision)
    expect(desk.toast).to_contain_text(DONE[decision])
    expect(desk.card(SAID[1])).to_have_count(0)
    expect(desk.count("Needs review")).to_have_text("2")
    focused(desk.card(SAID[0]))
    assert (SAID[1] in desk.world.texts()) == (decision == "Approve")
    desk.go({"Approve": "Published", "Spam": "Spam", "Reject": "Rejected"}[decision])
    expect(desk.card(SAID[1])).to_contain_text("Decided by Mod")


@pytest.mark.parametrize("decision", DONE)
def test_decision_by_shortcut(desk: Desk, decision: str) -> None:
    keys = desk.page.keyboard
    desk.page.get_by_role("link", name="Skip to the comments").press("Enter")
    keys.press("j")
    focused(desk.card(SAID[2]))
    keys.press("j")
    focused(desk.card(SAID[1]))
    keys.press(KEYS[decision])
    expect(desk.count("Needs review")).to_have_text("2")
    expect(desk.toast).to_contain_text(DONE[decision])
    focused(desk.card(SAID[0]))
    assert (SAID[1] in desk.world.texts()) == (decision == "Approve")


def test_toast_undoes_a_decision(desk: Desk, new_reader: MakeReader) -> None:
    desk.decide(SAID[1], "Approve")
    expect(desk.count("Published")).to_have_text("1")
    seen = new_reader().open(desk.world.post)
    expect(seen.comment(SAID[1])).to_be_visible()
    desk.toast.get_by_role("button", name="Undo").click()
    focused(desk.card(SAID[1]))
    expect(desk.count("Needs review")).to_have_text("3")
    assert [SAID[n] in desk.cards.nth(2 - n).inner_text() for n in range(3)] == [True] * 3
    seen.reload()
    expect(seen.comments).to_have_count(0)


def test_z_undoes_the_last_of_quick_decisions(desk: Desk) -> None:
    desk.card(SAID[2]).focus()
    for key in "sdz":
        desk.page.keyboard.press(key)
    focused(desk.card(SAID[1]))
    expect(desk.card(SAID[2])).to_have_count(0)
    expect(desk.count("Needs review")).to_have_text("2")
    expect(desk.count("Rejected")).to_have_text("0")
    expect(desk.count("Spam")).to_have_text("1")


def test_failed_decision_restores_the_card(desk: Desk, reader: Reader) -> None:
    reader.page.route("**/decide", lambda route: route.abort())
    desk.decide(SAID[1], "Spam")
    expect(desk.toast).to_contain_text("the comment is back in the list")
    assert [SAID[n] in desk.cards.nth(2 - n).inner_text() for n in range(3)] == [True] * 3
    reader.expects("ERR_FAILED")


def test_shortcuts_help_and_switch(desk: Desk) -> None:
    desk.card(SAID[2]).focus()
    desk.page.keyboard.press("?")
    dialog = desk.page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_contain_text("undo the last decision")
    dialog.get_by_label("Use these keys").uncheck()
    dialog.get_by_role("button", name="Close").click()
    desk.card(SAID[2]).focus()
    desk.page.keyboard.press("a")
    desk.page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    expect(desk.cards).to_have_count(3)


def test_empty_queue_after_all_decisions(desk: Desk) -> None:
    for text in SAID:
        desk.decide(text, "Approve")
    expect(desk.count("Needs review")).to_have_text("0")
    expect(desk.page.get_by_text("All caught up.")).to_be_visible()


@pytest.mark.parametrize("decision", DONE)
def test_a_decision_without_a_script(plain_desk: Desk, decision: str) -> None:
    plain_desk.decide(SAID[1], decision)
    expect(plain_desk.toast).to_contain_text(DONE[decision])
    expect(plain_desk.card(SAID[1])).to_have_count(0)
    assert (SAID[1] in plain_desk.world.texts()) == (decision == "Approve")
    plain_desk.toast.get_by_role("button", name="Undo").click()
    expect(plain_desk.card(SAID[1])).to_be_visible()
    expect(plain_desk.count("Needs review")).to_have_text("3")
