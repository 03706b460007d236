"""The writing time is measured where the reader writes, and kept with the draft.

The server's clock stands still in these tests, so a form token is always 0 s old.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeWorld
from tests.browser.reader import Reader
from tests.browser.servers import World

WAIT = 2400  # milliseconds


@pytest.fixture
def slow(make_world: MakeWorld) -> World:
    """Return a site on which a comment takes at least two seconds to write."""
    return make_world(MIN_SECONDS=2)


def published(world: World, reader: Reader, text: str) -> bool:
    """Send the form; return whether the comment is public."""
    reader.send_button.click()
    expect(reader.comment(text)).to_be_visible()
    return text in world.texts()


def test_comment_written_at_once_is_held(slow: World, reader: Reader) -> None:
    reader.open(slow.post)
    reader.page.wait_for_timeout(WAIT)  # reading is not writing
    reader.write("Written at once")
    assert not published(slow, reader, "Written at once")


def test_slowly_written_comment_is_published(slow: World, reader: Reader) -> None:
    reader.open(slow.post)
    reader.field("text").focus()
    reader.page.wait_for_timeout(WAIT)
    reader.write("Written slowly")
    assert published(slow, reader, "Written slowly")


def test_restored_draft_keeps_its_time(slow: World, reader: Reader) -> None:
    slow.say("Ruth", "A question", seconds=9)
    for form in ("comment", "answer"):
        text = f"Restored {form}"
        reader.open(slow.post)
        if form == "answer":
            reader.reply("A question")
        reader.field("text").focus()
        reader.page.wait_for_timeout(WAIT)
        reader.field("name").fill("Ada")
        reader.field("text").fill(text)
        reader.reload()
        if form == "answer":
            reader.reply("A question")
        expect(reader.field("text")).to_have_value(text)
        reader.field("name").fill("Ada")
        assert published(slow, reader, text)


def test_next_comment_starts_at_zero(slow: World, reader: Reader) -> None:
    test_slowly_written_comment_is_published(slow, reader)
    reader.write("And another one")
    assert not published(slow, reader, "And another one")


def test_time_of_one_draft_does_not_count_for_another(slow: World, reader: Reader) -> None:
    slow.say("Ruth", "A question", seconds=9)
    reader.open(slow.post)
    reader.field("text").fill("Half a thought")
    reader.page.wait_for_timeout(WAIT)
    reader.reply("A question")
    reader.write("A quick answer")
    assert not published(slow, reader, "A quick answer")


def test_comment_begun_without_a_network(slow: World, reader: Reader) -> None:
    reader.open(slow.post)
    reader.page.wait_for_load_state("networkidle")
    reader.context.set_offline(True)
    reader.write("Begun in the tunnel")
    reader.page.wait_for_timeout(WAIT)
    reader.context.set_offline(False)
    assert published(slow, reader, "Begun in the tunnel")
    reader.expects("ERR_INTERNET_DISCONNECTED")


def test_time_before_the_form_script_is_there_counts(slow: World, reader: Reader) -> None:
    reader.page.route("**/static/form.js", lambda route: route.abort(), times=1)
    reader.open(slow.post)
    reader.page.evaluate(  # no event that would load the script again
        """() => {
          const { shadowRoot } = document.querySelector("comment-thread");
          const text = shadowRoot.querySelector("textarea");
          text.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
        }"""
    )
    reader.page.wait_for_timeout(WAIT)
    reader.write("Typed early")
    assert published(slow, reader, "Typed early")
    reader.expects("ERR_FAILED")


def test_honeypot_is_still_there(slow: World, reader: Reader) -> None:
    reader.open(slow.post)
    reader.field("text").focus()
    reader.page.wait_for_timeout(WAIT)
    reader.page.locator(".comments-trap input").evaluate("(field) => { field.value = 'x'; }")
    reader.write("With every field filled in")
    assert not published(slow, reader, "With every field filled in")
