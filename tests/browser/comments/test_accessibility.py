"""WCAG 2.2 AA with axe, in light and dark, for every public page and state."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import url_for
from playwright.sync_api import expect

from comment_service.web.http.viewer import MODERATOR_COOKIE
from tests.browser.conftest import MakeWorld
from tests.browser.reader import Reader
from tests.browser.servers import World
from tests.people import Moderator, ruled

pytestmark = pytest.mark.slow

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}

_BY_AXE = "Applying inline style violates"
"""CSP violations that axe itself causes, because it styles what it measures."""


def check(reader: Reader) -> None:
    """Check that the current page has no violation, in light and dark."""
    axe = Axe()
    reader.page.wait_for_load_state("load")  # a button's answer may still miss its styles
    for scheme in ("light", "dark"):
        reader.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = axe.run(reader.page, options=OPTIONS)
        assert found.response["passes"], "axe looked at nothing"
        reader.troubles = [line for line in reader.troubles if _BY_AXE not in line]
        report = [
            f"{scheme} {rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found.response["violations"]
            for node in rule["nodes"]
        ]
        assert report == []


def comments(world: World) -> None:
    """Fill a thread with every kind of content that a comment can have."""
    world.say("Ruth", "A link is held in a first comment")
    first = world.say("Ruth", "A [link](https://example.org), `code` and\n\n> a quote\n\n- a list")
    world.say("حسين", "مقال جميل، شكراً لك.", parent=first)
    world.say("Ilse", "```\nfor line in long:\n    print(line * 100)\n```")
    world.person("Noor").like(first)
    world.person("Noor").like()


@pytest.fixture
def queue(world: World, reader: Reader) -> Callable[[str], None]:
    """Return a function that opens a queue as a moderator."""
    cookie = Moderator(world.app).client.get_cookie(MODERATOR_COOKIE)
    assert cookie is not None
    known = {"name": MODERATOR_COOKIE, "value": cookie.value, "url": world.service}
    reader.context.add_cookies([known])  # type: ignore[list-item]
    return lambda name: reader.page.goto(f"{world.service}/moderation/{name}") and None


# ---- the thread ----


def test_an_empty_thread(world: World, reader: Reader) -> None:
    check(reader.open(world.post))


def test_a_thread_with_one_comment(world: World, reader: Reader) -> None:
    world.say("Ruth", "The only one")
    check(reader.open(world.post))


def test_a_long_thread(make_world: MakeWorld, reader: Reader) -> None:
    world = make_world(PAGE_SIZE=20, REPLIES_SHOWN=3)
    ruled(world.app, burst_comments=0)
    comments(world)
    above = None
    for n in range(9):
        above = world.say(f"Deep {n}", f"Depth {n}", parent=above)
    for n in range(25):
        world.say(f"Reader {n}", f"Number {n}")
    reader.open(world.post)
    reader.page.get_by_role("link", name="Newer comments").press("Enter")
    expect(reader.comment("Number 24")).to_be_visible()
    check(reader)


def test_thread_page(world: World, reader: Reader) -> None:
    comments(world)
    check(reader.open(world.thread_page))


def test_a_thread_from_right_to_left(world: World, reader: Reader) -> None:
    comments(world)
    world.blog.lang = "ar"
    world.blog.title = "مقال جميل"
    reader.open(world.post)
    for part in (reader.page.locator("html"), reader.page.locator("section.comments")):
        part.evaluate("(node) => { node.dir = 'rtl'; node.lang = 'ar'; }")
    check(reader)


def test_a_thread_on_a_small_screen(world: World, reader: Reader) -> None:
    comments(world)
    reader.page.set_viewport_size({"width": 320, "height": 640})
    reader.open(world.post)
    check(reader)
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not reader.page.evaluate(wider), "it must be read without scrolling sideways"


def test_an_open_reply(world: World, reader: Reader) -> None:
    comments(world)
    reader.open(world.post)
    reader.reply("for line in long")
    check(reader)


def test_pending_comment(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.say("maybe it is held")
    expect(reader.toast).not_to_be_empty()
    check(reader)


def test_a_refused_form(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.write("Worth keeping")
    reader.field("website").fill("javascript:alert(1)")
    reader.send_button.click()
    expect(reader.problem("website")).not_to_be_empty()
    reader.expects("422")
    check(reader)


def test_the_likers(world: World, reader: Reader) -> None:
    comments(world)
    reader.open(world.post)
    reader.likes()[1].click()
    expect(reader.page.get_by_role("dialog")).to_be_visible()
    check(reader)
    with world.app.test_request_context():
        likers = url_for("thread.likers", site="default", url=world.post)
    reader.page.goto(world.service + likers)
    check(reader)


# ---- the service's other pages ----


def test_privacy_and_an_error(world: World, reader: Reader) -> None:
    reader.page.goto(world.thread_page.replace("/thread.html", "/privacy"))
    expect(reader.page.get_by_role("heading", level=1)).to_contain_text("processed")
    check(reader)
    reader.page.goto(f"{world.service}/nowhere")
    expect(reader.page.get_by_role("heading", level=1)).to_have_text("Something went wrong")
    reader.expects("404")
    check(reader)


def test_signing_in(world: World, reader: Reader) -> None:
    reader.page.goto(world.link())
    check(reader)
    reader.page.goto(f"{world.service}/moderation/sign-in")
    check(reader)
    reader.page.get_by_label("E-mail or name").fill("mod@blog.example")
    reader.page.get_by_label("Password").fill("wrong")
    reader.page.get_by_role("button", name="Sign in").click()
    expect(reader.page.get_by_role("alert")).to_be_visible()
    reader.expects("403")
    check(reader)


def test_setup(world: World, reader: Reader) -> None:
    reader.page.goto(world.setup_link())
    check(reader)


def test_an_empty_queue(queue: Callable[[str], None], reader: Reader) -> None:
    queue("pending")
    expect(reader.page.get_by_text("All caught up.")).to_be_visible()
    check(reader)
    queue("snippet")
    expect(reader.page.get_by_role("heading", level=1)).to_contain_text("Put comments")
    check(reader)


def test_a_queue(world: World, queue: Callable[[str], None], reader: Reader) -> None:
    root = world.say("Ruth", "The question")
    world.say("Ilse", "maybe an answer", parent=root, email="ilse@example.org")
    world.say("Casino", "casino, with a [link](http://win.example)", website="http://win.example")
    world.say("Noor", "maybe `another`")
    queue("pending")
    expect(reader.page.locator(".card")).to_have_count(2)
    reader.page.get_by_text("In reply to Ruth").click()
    reader.page.get_by_role("button", name="Spam").first.click()
    expect(reader.page.locator("#toast form")).to_be_visible()
    check(reader)
    queue("all")
    check(reader)
    reader.page.get_by_role("button", name="Keyboard").click()
    expect(reader.page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    check(reader)


def test_filtered_queue_and_actions(
    world: World, queue: Callable[[str], None], reader: Reader
) -> None:
    page = reader.page
    for n in range(3):
        world.say(f"Reader {n}", f"maybe number {n}, which says nearly the same as the others do")
    queue("all?q=number&reason=words&score_from=0.6")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Select").first.check()
    expect(page.locator("#picked")).to_be_visible()
    check(reader)
    page.set_viewport_size({"width": 360, "height": 760})
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wider)
    check(reader)
    page.locator("#whole button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 comments")
    check(reader)
    queue("comments/1")
    assert not page.evaluate(wider)
    check(reader)


def test_a_queue_from_right_to_left(
    world: World, queue: Callable[[str], None], reader: Reader
) -> None:
    world.say("حسين", "maybe مقال جميل، شكراً لك.")
    queue("pending")
    reader.page.evaluate("document.documentElement.dir = 'rtl'")
    check(reader)
