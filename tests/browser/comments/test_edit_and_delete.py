"""A reader edits and deletes their comments in a real browser, with and without script."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.comments.test_accessibility import check
from tests.browser.conftest import MakeReader
from tests.browser.reader import Reader, focused
from tests.browser.servers import World
from tests.fakes import FakeClock
from tests.people import ruled

pytestmark = pytest.mark.slow


def link(reader: Reader, text: str, name: str) -> Locator:
    return reader.comment(text).get_by_role("link", name=name, exact=True)


def editing(reader: Reader) -> Locator:
    return reader.page.locator(".comments-editing textarea")


def test_edit_in_place(world: World, reader: Reader) -> None:
    world.say("Ruth", "Somebody else's")
    reader.open(world.post)
    reader.say("A frist thought")
    expect(link(reader, "Somebody else's", "Edit")).to_have_count(0)
    link(reader, "A frist thought", "Edit").click()
    focused(editing(reader))
    expect(editing(reader)).to_have_value("A frist thought")
    check(reader)
    editing(reader).fill("A first thought")
    reader.page.get_by_role("button", name="Save").click()
    expect(reader.comment("A first thought")).to_contain_text("edited")
    expect(reader.toast).to_have_text("Your comment was updated.")
    focused(reader.comment("A first thought"))
    reader.reload()
    link(reader, "A first thought", "Edit").click()
    expect(editing(reader)).to_have_value("A first thought")
    reader.page.keyboard.press("Escape")
    expect(editing(reader)).to_have_count(0)
    focused(link(reader, "A first thought", "Edit"))


def test_edit_form_has_the_toolbar(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.say("A first thought")
    link(reader, "A first thought", "Edit").click()
    form = reader.page.locator(".comments-editing")
    editing(reader).select_text()
    form.get_by_role("toolbar").get_by_role("button", name="Bold").click()
    expect(editing(reader)).to_have_value("**A first thought**")
    form.get_by_role("button", name="Preview").click()
    expect(form.locator(".comments-preview strong")).to_have_text("A first thought")
    check(reader)
    form.get_by_role("button", name="Back to editing").click()
    editing(reader).press("Control+Enter")
    expect(reader.comment("A first thought").locator("strong")).to_have_text("A first thought")


def test_draft_survives_reload_and_refusal(world: World, reader: Reader, clock: FakeClock) -> None:
    reader.open(world.post)
    reader.say("A first thought")
    link(reader, "A first thought", "Edit").click()
    editing(reader).fill("A long second thought")
    reader.reload()
    link(reader, "A first thought", "Edit").click()
    expect(editing(reader)).to_have_value("A long second thought")
    clock.forward(minutes=20)
    reader.page.get_by_role("button", name="Save").click()
    status = reader.page.locator(".comments-editing .comments-status")
    expect(status).to_contain_text("You can no longer edit this comment")
    expect(editing(reader)).to_have_value("A long second thought")
    reader.expects("403")
    check(reader)


def test_pending_edit_can_be_edited_again(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.say("A first thought")
    link(reader, "A first thought", "Edit").click()
    editing(reader).fill("maybe another")
    reader.page.get_by_role("button", name="Save").click()
    expect(reader.comment("maybe another")).to_contain_text("Awaiting moderation")
    expect(reader.title).to_have_text("No comments yet")
    check(reader)
    link(reader, "maybe another", "Edit").click()
    editing(reader).fill("Certainly another")
    reader.page.get_by_role("button", name="Save").click()
    expect(reader.toast).to_have_text("Your comment was updated.")
    assert "Certainly another" in world.texts()


def test_conflict_shows_both_texts(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.say("A first thought")
    link(reader, "A first thought", "Edit").click()
    other = reader.context.new_page()
    other.goto(world.post)
    other.locator(".comments-own a").first.click()
    other.locator(".comments-editing textarea").fill("From the other window")
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".comments-one")).to_contain_text("edited")
    editing(reader).fill("From this window")
    reader.page.get_by_role("button", name="Save").click()
    expect(reader.page.locator(".comments-now")).to_contain_text("From the other window")
    expect(editing(reader)).to_have_value("From this window")
    reader.expects("409")
    check(reader)
    reader.page.get_by_role("button", name="Save").click()
    expect(reader.comment("From this window")).to_be_visible()


def test_delete_asks_first(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.say("The question")
    first = reader.page.locator(".comments-one").first.get_attribute("id") or ""
    world.say("Ruth", "The answer", parent=int(first.removeprefix("comment-")))
    reader.reload()
    link(reader, "The question", "Delete").click()
    dialog = reader.page.get_by_role("dialog", name="Delete your comment?")
    expect(dialog).to_contain_text("The question")
    check(reader)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    link(reader, "The question", "Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(reader.comment("This comment was removed.")).to_be_visible()
    expect(reader.comment("The answer")).to_be_visible()
    expect(reader.title).to_contain_text("1 comment")
    reader.say("Only this")
    link(reader, "Only this", "Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(reader.comment("Only this")).to_have_count(0)
    check(reader)


def test_links_disappear_after_the_edit_window(
    world: World, reader: Reader, clock: FakeClock
) -> None:
    ruled(world.app, edit_minutes=1)
    reader.open(world.post)
    reader.say("A first thought")
    clock.forward(seconds=57)
    reader.reload()
    expect(link(reader, "A first thought", "Delete")).to_be_visible()
    expect(reader.page.locator(".comments-own")).to_have_count(0, timeout=10_000)


def test_edit_and_delete_without_script(world: World, new_reader: MakeReader) -> None:
    plain = new_reader(java_script_enabled=False)
    plain.open(world.thread_page)
    plain.say("A frist thought")
    link(plain, "A frist thought", "Edit").click()
    plain.page.locator("textarea").fill("A first thought")
    plain.page.get_by_role("button", name="Save").click()
    expect(plain.comment("A first thought")).to_contain_text("edited")
    link(plain, "A first thought", "Delete").click()
    expect(plain.page.get_by_role("heading", name="Delete your comment?")).to_be_visible()
    plain.page.get_by_role("button", name="Delete").click()
    expect(plain.page.locator(".comments-status").first).to_have_text("Your comment was deleted.")
    expect(plain.comment("A first thought")).to_have_count(0)


def test_pages_are_accessible_and_enhanced_by_script(world: World, reader: Reader) -> None:
    reader.open(world.thread_page)
    reader.say("A first thought")
    address = reader.page.locator(".comments-own a").first.get_attribute("href") or ""
    reader.reload()
    link(reader, "A first thought", "Edit").click()
    expect(editing(reader)).to_have_value("A first thought")
    assert "/edit" in address
