"""A reader reports a comment in a real browser, with and without script."""

import os

import pytest
from playwright.sync_api import expect

from tests.browser.comments.test_accessibility import check
from tests.browser.conftest import MakeReader
from tests.browser.reader import Reader, focused
from tests.browser.servers import World

pytestmark = pytest.mark.slow


def test_a_report_in_a_dialog_over_the_blog(world: World, reader: Reader) -> None:
    world.say("Ruth", "Buy my watches")
    reader.open(world.post)
    link = reader.comment("Buy my watches").get_by_role("link", name="Report")
    link.press("Enter")
    dialog = reader.page.get_by_role("dialog", name="Report what Ruth wrote")
    expect(dialog.get_by_role("radio")).to_have_count(6)
    check(reader)
    dialog.get_by_label("spam").check()
    dialog.get_by_label("In your own words").fill("Sells watches everywhere")
    dialog.get_by_role("button", name="Report").click()
    expect(reader.toast).to_have_text("Thank you. A moderator will look at it.")
    expect(dialog).to_have_count(0)
    focused(link)
    link.click()
    dialog.get_by_label("abuse").check()
    dialog.get_by_role("button", name="Report").click()
    expect(reader.toast).to_contain_text("already")
    assert reader.troubles == []


def test_failed_report_stays_in_the_dialog(world: World, reader: Reader) -> None:
    world.say("Ruth", "Buy my watches")
    reader.open(world.post)
    reader.page.route("**/reports", lambda route: route.abort())
    reader.comment("Buy my watches").get_by_role("link", name="Report").click()
    dialog = reader.page.get_by_role("dialog")
    dialog.get_by_label("other").or_(dialog.get_by_label("something else")).check()
    dialog.get_by_label("In your own words").fill("Kept")
    dialog.get_by_role("button", name="Report").click()
    expect(dialog.get_by_role("status")).to_contain_text("could not be reached")
    expect(dialog.get_by_label("In your own words")).to_have_value("Kept")
    reader.expects("ERR_FAILED")


def test_report_page_without_script(world: World, new_reader: MakeReader) -> None:
    world.say("Ruth", "Buy my watches")
    plain = new_reader(java_script_enabled=False)
    plain.open(world.thread_page)
    plain.comment("Buy my watches").get_by_role("link", name="Report").click()
    expect(plain.page.get_by_role("heading", level=1)).to_have_text("Report what Ruth wrote")
    plain.page.get_by_label("abuse").check()
    plain.page.get_by_role("button", name="Report").click()
    expect(plain.page.get_by_text("Thank you. A moderator will look at it.")).to_be_visible()
    plain.page.get_by_role("link", name="Back").click()
    expect(plain.comment("Buy my watches")).to_be_visible()


def test_the_page_is_accessible(world: World, reader: Reader) -> None:
    comment = world.say("Ruth", "Buy my watches")
    reader.page.goto(f"{world.service}/report?comment={comment}")
    if folder := os.environ.get("SHOTS"):
        reader.page.set_viewport_size({"width": 360, "height": 740})
        reader.page.screenshot(path=f"{folder}/report360.png", full_page=True)
    check(reader)
