"""A comment's moderation page: one toolbar, and its parts as tabs or as one long page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import MakeReader
from tests.browser.moderation.test_queue import Desk
from tests.browser.reader import Reader
from tests.browser.servers import World

TABS = ["Context", "History", "Author", "Edit"]


@pytest.fixture
def number(world: World) -> int:
    return world.say("Ada", "maybe this waits")


def opened(desk: Desk, number: int, *, decided: bool = True) -> Page:
    """Open the page of a comment, which a moderator has decided about before."""
    if decided:
        with desk.page.expect_response("**/decide"):
            desk.page.locator(".card [value=reject]").click()
    desk.page.goto(f"{desk.world.service}/moderation/comments/{number}")
    return desk.page


def test_one_part_is_open_and_keeps_its_text(world: World, reader: Reader, number: int) -> None:
    page = opened(Desk(world, reader), number)
    tab = {name: page.get_by_role("tab", name=name) for name in TABS}
    expect(page.get_by_role("tablist").get_by_role("tab")).to_have_count(len(TABS))
    expect(page.get_by_role("tabpanel")).to_have_count(1)
    page.get_by_label("Your answer").fill("half an answer")
    tab["Context"].focus()
    for key, name in (
        ("ArrowRight", "History"), ("End", "Edit"), ("ArrowRight", "Context"),
        ("ArrowLeft", "Edit"), ("Home", "Context"),
    ):  # fmt: skip
        page.keyboard.press(key)
        expect(tab[name]).to_be_focused()
        expect(tab[name]).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
        expect(page.get_by_role("tabpanel")).to_have_count(1)
    expect(page.get_by_label("Your answer")).to_have_value("half an answer")


def test_the_open_part_stays_open(world: World, reader: Reader, number: int) -> None:
    page = opened(Desk(world, reader), number)
    page.get_by_role("tab", name="Author").click()
    page.reload()
    page.get_by_label("Note, for other moderators").fill("rude before")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("status")).to_contain_text("Note added.")
    expect(page.get_by_role("tabpanel", name="Author 1")).to_contain_text("rude before")


def test_no_button_stands_twice(world: World, reader: Reader, number: int) -> None:
    page = opened(Desk(world, reader), number, decided=False)
    names = page.locator("main button").all_text_contents()
    assert {"Approve", "Spam", "Reject", "Trust", "Block", "Save"} <= set(names)
    assert sorted(names) == sorted(set(names))


def test_a_reason_is_sent_with_the_decision(world: World, reader: Reader, number: int) -> None:
    page = opened(Desk(world, reader), number, decided=False)
    reason = page.get_by_label("Reason, for other moderators")
    reason.press_sequentially("sells\n")
    expect(page.get_by_role("heading", level=1)).to_have_text("A comment by Ada")
    page.get_by_role("button", name="Reject").click()
    page.goto(f"{world.service}/moderation/comments/{number}#history")
    expect(page.get_by_role("tabpanel", name="History")).to_contain_text("sells")


def test_without_script_every_part_is_there(
    world: World, new_reader: MakeReader, number: int
) -> None:
    page = opened(Desk(world, new_reader(java_script_enabled=False)), number)
    for name in TABS:
        expect(page.get_by_role("region", name=name)).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Edit").click()
    assert page.url.endswith("#edit")
    page.get_by_label("Text of the comment").fill("maybe rather this")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Edited; the previous text is kept.")
