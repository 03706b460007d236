"""Moderation on the blog's own page, in a real browser: sign in by the window, decide, undo."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from comment_service.web.http.viewer import MODERATOR_COOKIE
from tests.browser.comments.test_accessibility import check
from tests.browser.conftest import MakeReader
from tests.browser.reader import READING, Reader, hold
from tests.browser.servers import World
from tests.people import Moderator

HELD = "maybe this waits"
ASKED = "#moderate-comments"
SCHEMES = [("light", 1000), ("dark", 1000), ("light", 360)]


class Desk:
    """A moderator's browser on the blog."""

    def __init__(self, world: World, reader: Reader) -> None:
        self.world, self.reader, self.page = world, reader, reader.page
        self.mod = Moderator(world.app)
        cookie = self.mod.client.get_cookie(MODERATOR_COOKIE)
        assert cookie is not None
        known = {"name": MODERATOR_COOKIE, "value": cookie.value, "url": world.service}
        reader.context.add_cookies([known])

    def open(self) -> "Desk":
        self.reader.open(self.world.post + ASKED)
        return self

    def window(self) -> Page:
        with self.page.context.expect_page() as opened:
            self.page.get_by_role("link", name="Moderate here").click()
        return opened.value

    def sign_in(self) -> "Desk":
        window = self.window()
        expect(window.get_by_label("Code that the page shows")).to_have_value(re.compile("^....$"))
        window.get_by_role("button", name="Moderate here").click()
        expect(self.bar).to_contain_text("Moderating as Mod")
        return self

    @property
    def bar(self) -> Locator:
        return self.page.locator(".comments-staff")

    @property
    def done(self) -> Locator:
        return self.page.locator(".comments-staff-done")

    def comment(self, text: str) -> Locator:
        return self.reader.comment(text)

    def press(self, text: str, button: str) -> None:
        self.comment(text).get_by_role("button", name=button, exact=True).click()


@pytest.fixture
def here(world: World, new_reader: MakeReader) -> Desk:
    world.say("Ada", "fine words")
    world.say("Bob", HELD)
    return Desk(world, new_reader())


def test_decide_and_undo_in_place(here: Desk) -> None:
    here.open()
    expect(here.comment(HELD)).to_have_count(0)
    here.sign_in()
    expect(here.comment(HELD)).to_contain_text("Waiting")
    here.press(HELD, "Approve")
    expect(here.done.get_by_role("status")).to_have_text("Approved.")
    assert HELD in here.world.texts()
    expect(here.comment(HELD).get_by_role("button", name="Like")).to_be_visible()
    here.done.get_by_role("button", name="Undo").click()
    expect(here.done.get_by_role("status")).to_have_text("Undone.")
    assert HELD not in here.world.texts()
    expect(here.comment(HELD)).to_be_focused()
    here.press(HELD, "Spam")
    expect(here.comment(HELD)).to_have_count(0)
    expect(here.comment("fine words")).to_be_focused()
    here.done.get_by_role("button", name="Undo").click()
    expect(here.comment(HELD)).to_be_visible()
    here.press("fine words", "Reject")
    expect(here.comment("fine words")).to_have_count(0)
    expect(here.reader.title).to_have_text("No comments yet")


def test_pin_edit_close_and_write(here: Desk) -> None:
    here.open().sign_in()
    here.press("fine words", "Pin")
    expect(here.comment("fine words")).to_contain_text("Pinned")
    expect(here.comment("fine words")).to_be_focused()
    expect(here.bar).to_have_count(1)
    here.press("fine words", "Edit")
    text = here.page.get_by_label("Text of the comment")
    expect(text).to_be_focused()
    text.press("Escape")
    expect(here.comment("fine words").get_by_role("button", name="Edit")).to_be_focused()
    here.press("fine words", "Edit")
    here.page.get_by_label("Text of the comment").fill("finer words")
    here.page.get_by_role("button", name="Save").click()
    expect(here.comment("finer words")).to_contain_text("edited")
    here.page.get_by_label("Comment", exact=True).fill("casino, says Mod")
    expect(here.page.locator(".comments-staff-writes")).to_contain_text("You comment as Mod")
    here.page.get_by_role("button", name="Post comment").click()
    mine = here.comment("casino, says Mod")
    expect(mine.locator(".comments-badge")).to_have_text("Owner")
    expect(mine.get_by_role("button", name="Spam")).to_be_visible()
    here.bar.get_by_role("button", name="Close thread").click()
    expect(here.page.locator(".comments-closed")).to_be_visible()
    expect(here.bar.get_by_role("button", name="Reopen thread")).to_be_focused()
    here.done.get_by_role("button", name="Undo").click()
    expect(here.page.get_by_label("Comment", exact=True)).to_be_visible()
    expect(here.bar).to_have_count(1)


def test_another_moderator_was_faster(here: Desk) -> None:
    here.open().sign_in()
    expect(here.comment(HELD)).to_be_visible()
    Moderator(here.world.app, "Ann").decide(2, "spam")
    here.press(HELD, "Approve")
    expect(here.done.get_by_role("status")).to_contain_text("Ann decided in between")
    assert HELD not in here.world.texts()
    here.press(HELD, "Approve")
    expect(here.done.get_by_role("status")).to_have_text("Approved.")
    here.reader.expects("409")


def test_an_edit_survives_a_reload_of_the_thread(here: Desk) -> None:
    here.open().sign_in()
    here.press(HELD, "Edit")
    here.page.get_by_label("Text of the comment").fill("half a sentence")
    here.bar.get_by_role("button", name="Close thread").click()
    expect(here.page.locator(".comments-closed")).to_be_visible()
    here.press(HELD, "Edit")
    expect(here.page.get_by_label("Text of the comment")).to_have_value("half a sentence")


def test_a_button_pressed_while_the_thread_reloads_still_works(here: Desk) -> None:
    here.open().sign_in()
    expect(here.comment(HELD)).to_be_visible()
    held: list[Route] = []
    here.page.route("**/close", hold(held))
    here.bar.get_by_role("button", name="Close thread").click()
    here.reader.until(lambda: held)
    here.press(HELD, "Edit")
    held[0].continue_()
    expect(here.page.locator(".comments-closed")).to_be_visible()
    expect(here.page.get_by_label("Text of the comment")).to_have_value(HELD)


def test_an_edit_shows_a_newer_text_before_it_replaces_it(here: Desk) -> None:
    here.open().sign_in()
    here.press(HELD, "Edit")
    text, save = (
        here.page.get_by_label("Text of the comment"),
        here.page.get_by_role("button", name="Save"),
    )
    text.fill("half a sentence")
    Moderator(here.world.app, "Ann").post("/moderation/comments/2/edit", text="newer words")
    here.bar.get_by_role("button", name="Close thread").click()
    expect(here.page.locator(".comments-closed")).to_be_visible()
    here.press("newer words", "Edit")  # the draft is of the text before
    expect(text).to_have_value("half a sentence")
    save.click()
    now = here.page.locator(".comments-staff-edit blockquote")
    expect(now).to_have_text("newer words")
    expect(here.page.get_by_role("alert")).to_contain_text(
        "This comment was changed since you opened it."
    )
    expect(text).to_have_value("half a sentence")
    save.click()
    expect(here.comment("half a sentence")).to_contain_text("edited")
    here.reader.expects("409")


def test_the_token_stays_in_the_tab_and_ends_with_the_session(here: Desk) -> None:
    here.open().sign_in()
    here.reader.open(here.world.post)
    expect(here.bar).to_contain_text("Moderating as Mod")
    other = here.page.context.new_page()
    other.goto(here.world.post)
    expect(other.locator(".comments-title")).to_be_visible()
    while not other.evaluate("Boolean(document.querySelector('comment-thread').reading)"):
        other.wait_for_timeout(50)  # waiting for a function would need the page to allow eval
    expect(other.locator(".comments-staff")).to_have_count(0)
    other.close()
    here.mod.client.post("/moderation/sign-out", data={"csrf_token": here.mod.token})
    here.press("fine words", "Spam")
    expect(here.bar).to_have_count(0)
    expect(here.comment(HELD)).to_have_count(0)
    expect(here.comment("fine words")).to_be_visible()
    expect(here.page.locator(".comments-staff-controls")).to_have_count(0)
    expect(here.page.get_by_label("Name", exact=False).first).to_be_visible()
    here.reader.expects("401")


def test_a_comment_after_the_session_ended_keeps_its_text_and_the_guests_name(here: Desk) -> None:
    here.open()
    name = here.page.locator("input[name=name]")
    name.fill("Gus")
    here.page.get_by_label("Save my name and address").check()
    here.sign_in()
    expect(name).to_be_hidden()
    comment = here.page.get_by_label("Comment", exact=True)
    comment.fill("as Mod")
    send = here.page.get_by_role("button", name="Post comment")
    send.click()
    expect(here.comment("as Mod").locator(".comments-badge")).to_have_text("Owner")
    expect(here.comment("as Mod").get_by_role("button", name="Spam")).to_be_visible()
    remembered = here.page.evaluate("localStorage.getItem('comments:person')")
    assert remembered is None, "what a moderator sends says nothing of the guest"
    comment.fill("a moment too late")
    here.mod.client.post("/moderation/sign-out", data={"csrf_token": here.mod.token})
    send.click()
    expect(here.page.locator("form .comments-status")).to_have_text("Sign in to moderate.")
    expect(comment).to_have_value("a moment too late")
    expect(name).to_have_value("Gus")
    expect(here.page.locator("[class^=comments-staff]")).to_have_count(0)
    send.click()
    expect(here.comment("a moment too late")).to_contain_text("Gus")
    expect(here.comment("a moment too late").locator(".comments-badge")).to_have_count(0)
    here.reader.open(here.world.post)
    expect(name).to_have_value("Gus")
    here.reader.expects("401")


def test_stop_and_comments_that_come_later(here: Desk) -> None:
    here.open().sign_in()
    here.world.say("Cleo", "just now")
    here.reader.come_back()
    here.page.locator(".comments-news button").click()
    expect(here.comment("just now").get_by_role("button", name="Spam")).to_be_visible()
    here.bar.get_by_role("button", name="Stop moderating here").click()
    expect(here.bar).to_have_count(0)
    expect(here.comment(HELD)).to_have_count(0)
    here.reader.open(here.world.post)
    here.reader.until(READING)
    expect(here.bar).to_have_count(0)


def test_without_the_opener_the_code_is_typed(here: Desk) -> None:
    here.open()
    link = here.page.get_by_role("link", name="Moderate here")
    expect(link).to_have_attribute("href", re.compile("challenge="))
    link.click()
    code = here.page.locator(".comments-code")
    expect(code).to_have_text(re.compile("^....$"))
    address = link.get_attribute("href")
    window = here.page.context.new_page()
    window.goto(address or "")
    window.get_by_label("Code that the page shows").fill(code.inner_text().lower())
    window.get_by_role("button", name="Moderate here").click()
    expect(here.bar).to_contain_text("Moderating as Mod")
    window.wait_for_timeout(1500)  # it tries to close, which a tab may not
    here.reader.expects("Scripts may close")


def test_window_that_asks_before_the_code_is_known_gets_it_later(here: Desk) -> None:
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    here.open()
    here.page.route("**/sign-in/claim", hold_first)
    window = here.window()
    code = window.get_by_label("Code that the page shows")
    expect(code).to_be_visible()
    window.wait_for_load_state("networkidle")
    expect(code).to_have_value("")
    held[0].continue_()
    expect(code).to_have_value(re.compile("^....$"))
    window.close()


def test_readers_load_nothing_of_it(here: Desk, new_reader: MakeReader) -> None:
    reader = new_reader()
    loaded: list[str] = []
    reader.page.on("request", lambda request: loaded.append(request.url))
    reader.open(here.world.post)
    reader.until(READING)
    assert not [url for url in loaded if "in-place" in url]


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), SCHEMES)
def test_accessible(world: World, new_reader: MakeReader, scheme: str, width: int) -> None:
    world.say("Ada", "fine words")
    world.say("Bob", HELD)
    reader = new_reader(color_scheme=scheme, viewport={"width": width, "height": 900})
    here = Desk(world, reader).open()
    expect(here.page.locator(".comments-staff-sign-in")).to_be_visible()
    check(reader)
    window = here.window()
    expect(window.get_by_label("Code that the page shows")).to_have_value(re.compile("^....$"))
    window.get_by_role("button", name="Moderate here").click()
    expect(here.bar).to_contain_text("Moderating as Mod")
    here.press("fine words", "Pin")
    expect(here.done).to_be_visible()
    here.press(HELD, "Edit")
    expect(here.page.get_by_label("Text of the comment")).to_be_visible()
    check(reader)
    wide = here.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, "nothing is wider than the screen"
