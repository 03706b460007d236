"""The thread with JavaScript off: every link and every form works."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeReader, MakeWorld
from tests.browser.reader import Reader
from tests.browser.servers import World


@pytest.fixture
def plain(new_reader: MakeReader) -> Reader:
    """Return a reader whose browser runs no script."""
    return new_reader(java_script_enabled=False)


def test_read_without_script(world: World, plain: Reader) -> None:
    first = world.say("Ruth", "The question")
    world.say("Ilse", "The answer", parent=first)
    plain.open(world.thread_page)
    expect(plain.title).to_have_text("2 comments")
    assert plain.texts() == ["The question", "The answer"]
    expect(plain.page.locator("time").first).to_have_text("Nov 1, 2026, 12:00 PM UTC")
    assert plain.context.cookies() == []
    plain.page.get_by_role("link", name="Back to the post").click()
    plain.page.wait_for_url(world.post)


def test_post_without_script(world: World, plain: Reader, new_reader: MakeReader) -> None:
    plain.open(world.thread_page)
    plain.say("Without a script")
    expect(plain.page.locator(".comments-status")).to_have_text("Your comment is published.")
    expect(plain.page.locator(".comments-one:target")).to_contain_text("Without a script")
    expect(new_reader().open(world.post).comment("Without a script")).to_be_visible()


def test_pending_notice_without_script(world: World, plain: Reader) -> None:
    plain.open(world.thread_page)
    plain.write("maybe it is held")
    plain.send_button.click()
    words = "Thanks! Your comment is awaiting moderation."
    expect(plain.page.locator(".comments-status")).to_have_text(words)
    expect(plain.title).to_have_text("No comments yet")


def test_reply_without_script(world: World, plain: Reader) -> None:
    world.say("Ruth", "The question")
    plain.open(world.thread_page)
    plain.reply_to("The question").click()
    expect(plain.page.locator(".comments-invite")).to_have_text("Reply to Ruth")
    plain.say("The answer")
    below = plain.page.locator(".comments-item", has=plain.comment("The question"))
    expect(below.locator("ol").locator(plain.comment("The answer"))).to_be_visible()


def test_cancel_reply_without_script(world: World, plain: Reader) -> None:
    world.say("Ruth", "The question")
    plain.open(world.thread_page)
    plain.reply_to("The question").click()
    plain.page.get_by_role("link", name="Cancel reply").click()
    expect(plain.page.locator(".comments-invite")).to_have_text("Add a comment")


def test_like_without_script(world: World, plain: Reader) -> None:
    world.say("Ruth", "Well said")
    plain.open(world.thread_page)
    button, words = plain.likes(plain.comment("Well said"))
    button.click()
    expect(words).to_have_text("Liked by 1 person")
    button, words = plain.likes()
    button.click()
    expect(words).to_have_text("1 person likes this")
    words.click()
    expect(plain.page.get_by_role("heading", name="1 person likes this")).to_be_visible()
    plain.page.get_by_role("link", name="Back to the comments").click()
    expect(plain.title).to_be_visible()


def test_sort_without_script(world: World, plain: Reader) -> None:
    for n, name in enumerate(("Ruth", "Ilse", "Noor")):
        world.say(name, f"Number {n}")
    plain.open(world.thread_page)
    plain.page.get_by_role("link", name="Newest first").click()
    expect(plain.comments.first).to_contain_text("Number 2")


def test_paging_without_script(make_world: MakeWorld, plain: Reader) -> None:
    world = make_world(PAGE_SIZE=3, REPLIES_SHOWN=2)
    root = world.say("Ruth", "Number 0")
    for n in range(4):
        world.say(f"Answerer {n}", f"Answer {n}", parent=root)
    for n in range(1, 5):
        world.say(f"Reader {n}", f"Number {n}")
    plain.open(world.thread_page)
    plain.page.get_by_role("link", name="Newer comments").click()
    expect(plain.comment("Number 4")).to_be_visible()
    assert plain.texts() == ["Number 3", "Number 4"]
    plain.open(world.thread_page)
    plain.page.get_by_role("link", name="2 more replies").click()
    expect(plain.comment("Answer 3")).to_be_visible()
    assert plain.texts() == ["Answer 2", "Answer 3"]


def test_refused_form_is_prefilled(world: World, plain: Reader) -> None:
    plain.open(world.thread_page)
    plain.write("Worth <b>keeping</b> & sending")
    plain.field("website").fill("javascript:alert(1)")
    plain.send_button.click()
    expect(plain.field("text")).to_have_value("Worth <b>keeping</b> & sending")
    expect(plain.field("name")).to_have_value("Ada")
    expect(plain.field("website")).to_have_accessible_description(
        "Enter an address like https://example.org, or leave it empty."
    )
    expect(plain.field("website")).to_have_attribute("aria-invalid", "true")
    plain.expects("422")
    plain.field("website").fill("")
    plain.send_button.click()
    expect(plain.page.locator(".comments-status")).to_have_text("Your comment is published.")


def test_permalink_without_script(make_world: MakeWorld, plain: Reader) -> None:
    world = make_world(PAGE_SIZE=2)
    for n in range(6):
        last = world.say(f"Reader {n}", f"Number {n}")
    plain.open(f"{world.thread_page}&focus={last}#comment-{last}")
    expect(plain.page.locator(".comments-one:target")).to_contain_text("Number 5")
