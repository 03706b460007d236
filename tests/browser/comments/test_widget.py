"""Further features of the widget for blogs and readers."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeWorld
from tests.browser.reader import Reader, focused
from tests.browser.servers import STYLED, World
from tests.people import ruled

THREAD = "comment-thread"


def test_first_comment_needs_two_requests(world: World, reader: Reader) -> None:
    world.say("Ruth", "The first")
    asked: list[str] = []
    reader.page.on("request", lambda one: asked.append(one.url))
    reader.page.goto(world.post)
    expect(reader.comment("The first")).to_be_visible()
    ours = [url for url in asked if url.startswith(world.service)]
    assert [url.split("?")[0].rsplit("/", 1)[1] for url in ours][:2] == ["embed.js", "thread"]


# ---- the embed ----


def test_blog_chooses_what_identifies_the_thread(world: World, reader: Reader) -> None:
    world.say("Ruth", "Under the plain address")
    world.blog.attributes = {"mapping": "pathname"}
    reader.open(f"{world.post}?page=2&x=1")
    expect(reader.comment("Under the plain address")).to_be_visible()
    world.blog.attributes = {"page": "/post"}
    reader.open(f"{world.blog.origin}/elsewhere")
    expect(reader.comment("Under the plain address")).to_be_visible()
    world.blog.attributes = {"mapping": "title"}
    reader.open(f"{world.blog.origin}/one")
    reader.say("Under the title")
    reader.open(f"{world.blog.origin}/two")
    expect(reader.comment("Under the title")).to_be_visible()


def test_lazy_loading(world: World, reader: Reader) -> None:
    world.say("Ruth", "Far below")
    world.blog.attributes = {"loading": "lazy"}
    world.blog.head = "<style>#talk { margin-top: 5000px }</style>"
    world.blog.policy = STYLED
    asked: list[str] = []
    reader.page.on("request", lambda one: asked.append(one.url))
    reader.page.goto(world.post, wait_until="networkidle")
    assert not [url for url in asked if "/thread?" in url]
    reader.page.locator("#talk").scroll_into_view_if_needed()
    expect(reader.comment("Far below")).to_be_visible()


def test_form_position_and_heading_level(world: World, reader: Reader) -> None:
    world.say("Ruth", "One")
    world.blog.attributes = {"input-position": "top", "heading-level": "4"}
    reader.open(world.post)
    form, comment = reader.page.locator("#respond"), reader.comment("One")
    assert form.bounding_box()["y"] < comment.bounding_box()["y"]  # type: ignore[index]
    expect(reader.page.get_by_role("heading", level=4).first).to_contain_text("1 comment")
    reader.reply_to("One").click()
    reader.page.get_by_role("link", name="Cancel reply").click()
    assert form.bounding_box()["y"] < comment.bounding_box()["y"]  # type: ignore[index]


def test_theme_can_be_a_stylesheet_of_the_blog(world: World, reader: Reader) -> None:
    sheet = "data:text/css,.comments-title{color:rgb(1,2,3)}"
    world.blog.attributes = {"theme": sheet}
    world.blog.policy = STYLED.replace("style-src", "style-src data:")
    reader.open(world.post)
    expect(reader.title).to_have_css("color", "rgb(1, 2, 3)")


def test_parts_can_be_styled_from_outside(world: World, reader: Reader) -> None:
    world.say("Ruth", "One")
    world.blog.head = "<style>comment-thread::part(author) { color: rgb(9, 8, 7) }</style>"
    world.blog.policy = STYLED
    reader.open(world.post)
    expect(reader.page.locator(".comments-author").first).to_have_css("color", "rgb(9, 8, 7)")


def test_single_page_app_mounts_and_removes_threads(world: World, reader: Reader) -> None:
    world.say("Ruth", "On the post")
    world.blog.attributes = {"mount": "none"}
    reader.page.goto(world.post)
    heard = """() => new Promise((done) => {
      addEventListener("comments:ready", (event) => done(event.detail.count), { once: true });
      Comments.mount("#talk", { page: "/post" });
    })"""
    assert reader.page.evaluate(heard) == 1
    reader.page.evaluate("Comments.mount('#below', { page: '/other', theme: 'dark' })")
    threads = reader.page.locator(THREAD)
    expect(threads).to_have_count(2)
    expect(threads.nth(1).locator("section")).to_have_attribute("data-theme", "dark")
    reader.page.evaluate("Comments.setTheme('high-contrast')")
    expect(threads.nth(0).locator("section")).to_have_attribute("data-theme", "high-contrast")
    reader.page.evaluate("Comments.destroy(document.querySelector('comment-thread'))")
    expect(threads).to_have_count(1)
    reader.page.evaluate("Comments.destroy()")
    expect(threads).to_have_count(0)


def test_counts_and_latest_lists(world: World, reader: Reader) -> None:
    world.say("Ruth", "One")
    world.say("Ilse", "Two, a little longer")
    links = "".join(
        f'<a href="/{name}" data-comments-count>?</a>' for name in ("post", "post/", "none")
    )
    world.blog.attributes = {"mount": "none"}
    world.blog.talk = f"{links}<div data-comments-latest=5></div>{world.blog.snippet}"
    asked: list[str] = []
    reader.page.on("request", lambda one: asked.append(one.url))
    reader.page.goto(f"{world.blog.origin}/list")
    expect(reader.page.locator("a[data-comments-count]").nth(0)).to_have_text("2 comments")
    expect(reader.page.locator("a[data-comments-count]").nth(1)).to_have_text("2 comments")
    expect(reader.page.locator("a[data-comments-count]").nth(2)).to_have_text("No comments yet")
    assert len([url for url in asked if "/counts?" in url]) == 1
    latest = reader.page.locator(".comments-latest li")
    expect(latest).to_have_count(2)
    expect(latest.first).to_contain_text("Ilse on “A post”")


def test_frame_height_ignores_foreign_messages(world: World, reader: Reader) -> None:
    for number in range(12):
        world.say("Ruth", f"A comment with the number {number}")
    line = f'<script src="{world.service}/static/framing.js" data-site="default" async></script>'
    world.blog.talk = line
    world.blog.policy = STYLED + "; frame-src {service}"
    reader.page.goto(world.post)
    frame = reader.page.frame_locator("iframe")
    expect(frame.locator(".comments-one").first).to_be_visible()
    expect(reader.page.locator("iframe")).not_to_have_css("height", "640px")
    inner = reader.page.frames[1].evaluate("document.documentElement.scrollHeight")
    outer = reader.page.locator("iframe").evaluate("(one) => one.offsetHeight")
    assert abs(inner - outer) <= 2
    reader.page.evaluate("postMessage({ comments: { height: 5 } }, '*')")
    reader.page.wait_for_timeout(100)
    assert reader.page.locator("iframe").evaluate("(one) => one.offsetHeight") == outer


# ---- reading ----


def test_new_comments_are_announced_without_layout_shift(world: World, reader: Reader) -> None:
    first = world.say("Ruth", "The first")
    reader.open(world.post)
    reader.say("My own, which I know of")
    world.say("Ilse", "Written meanwhile")
    world.say("Noor", "And an answer", parent=first)
    reader.come_back()
    button = reader.page.get_by_role("button", name="2 new comments: show")
    expect(button).to_be_visible()
    expect(reader.comment("Written meanwhile")).to_have_count(0)
    button.click()
    focused(reader.comment("Written meanwhile"))
    answer = reader.page.locator(".comments-item", has_text="The first").locator("li")
    expect(answer).to_contain_text("And an answer")
    expect(button).to_be_hidden()
    assert len(reader.texts()) == len(set(reader.texts())) == 4


def test_collapsed_replies_open_for_a_permalink(world: World, reader: Reader) -> None:
    first = world.say("Ruth", "The first")
    reply = world.say("Ilse", "The reply", parent=first)
    reader.open(world.post)
    summary = reader.page.locator("summary").first
    summary.click()
    expect(reader.comment("The reply")).to_be_hidden()
    expect(summary).to_have_text("Show replies", use_inner_text=True)
    reader.page.evaluate(f"location.hash = '#comment-{reply}'")
    focused(reader.comment("The reply"))


def test_deep_thread_continues_in_place(make_world: MakeWorld, reader: Reader) -> None:
    world = make_world(REPLIES_SHOWN=100)
    ruled(world.app, burst_comments=0)
    above = None
    for depth in range(12):
        above = world.say("Ruth", f"Level {depth}.", parent=above)
    reader.open(world.post)
    expect(reader.comment("Level 9.")).to_have_count(0)
    reader.page.get_by_role("link", name="Continue this thread").click()
    expect(reader.comment("Level 11.")).to_be_visible()
    assert reader.texts() == [f"Level {depth}." for depth in range(12)]
    expect(reader.page.get_by_role("link", name="Continue this thread")).to_have_count(0)


# ---- writing ----


def test_formatting_by_button_and_key(world: World, reader: Reader) -> None:
    reader.open(world.post)
    text = reader.field("text")
    text.fill("leaf mould")
    tools = reader.page.get_by_role("toolbar", name="Formatting")
    text.select_text()
    tools.get_by_role("button", name="Bold").click()
    expect(text).to_have_value("**leaf mould**")
    text.press("Control+z")
    expect(text).to_have_value("leaf mould")
    text.select_text()
    text.press("Control+i")
    expect(text).to_have_value("*leaf mould*")
    text.fill("one\ntwo")
    text.select_text()
    tools.get_by_role("button", name="Quote").click()
    expect(text).to_have_value("> one\n> two")


def test_toolbar_keyboard_navigation(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.field("text").focus()
    tools = reader.page.get_by_role("toolbar")
    expect(tools).to_be_visible()
    reader.page.keyboard.press("Shift+Tab")
    focused(tools.get_by_role("button", name="Bold"))
    reader.page.keyboard.press("ArrowRight")
    focused(tools.get_by_role("button", name="Italic"))
    reader.page.keyboard.press("ArrowLeft")
    reader.page.keyboard.press("ArrowLeft")
    focused(tools.get_by_role("button", name="Preview"))
    reader.page.keyboard.press("Tab")
    focused(reader.field("text"))


def test_preview_opens_and_closes(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.field("text").fill("**Bold** <b>not</b> ![a](https://example.org/a.png)")
    reader.page.get_by_role("button", name="Preview").click()
    shown = reader.page.locator(".comments-preview")
    expect(shown.locator("strong")).to_have_text("Bold")
    expect(shown.locator("img, b")).to_have_count(0)
    reader.page.get_by_role("button", name="Back to editing").click()
    focused(reader.field("text"))
    reader.page.get_by_role("button", name="Preview").click()
    reader.field("name").fill("Ada")
    reader.send_button.click()
    expect(reader.page.locator(".comments-one strong")).to_have_text("Bold")
    expect(reader.field("text")).to_be_visible()


def test_remaining_characters_are_announced(make_world: MakeWorld, reader: Reader) -> None:
    world = make_world(MAX_LENGTH=600)
    reader.open(world.post)
    reader.field("text").fill("x" * 50)
    number = reader.page.locator(".comments-count")
    expect(number).to_have_text("")
    reader.field("text").fill("x" * 590)
    expect(number).to_have_text("Characters left: 10")
    reader.field("text").fill("x" * 612)
    expect(number).to_have_text("Characters too many: 12")


def sent_offline(reader: Reader, text: str) -> None:
    """Write a comment, and send it after the connection is lost."""
    reader.write(text)
    reader.until("document.querySelector('comment-thread').box.reply?.writing")
    reader.until("document.querySelector('comment-thread').box.reply.fields.token.value")
    reader.context.set_offline(True)
    reader.send_button.click()
    expect(reader.outcome).to_contain_text("You are offline")


def test_offline_comment_is_sent_on_reconnect(world: World, reader: Reader) -> None:
    reader.open(world.post)
    sent_offline(reader, "Written on a train")
    expect(reader.field("text")).to_have_value("Written on a train")
    reader.context.set_offline(False)
    expect(reader.comment("Written on a train")).to_be_visible()
    assert world.texts().count("Written on a train") == 1
    reader.expects("ERR_INTERNET_DISCONNECTED")


@pytest.mark.parametrize("then", ["writes on", "answers somebody"])
def test_draft_is_not_sent_on_reconnect(world: World, reader: Reader, then: str) -> None:
    world.say("Ruth", "A question")
    reader.open(world.post)
    sent_offline(reader, "Written on a train")
    if then == "answers somebody":
        reader.comment("A question").get_by_role("link", name="Reply").click()
    reader.field("text").press_sequentially(" and half a")
    expect(reader.outcome).to_have_text("")
    reader.context.set_offline(False)
    reader.page.wait_for_timeout(500)
    assert "half a" not in world.texts() and "on a train" not in world.texts()
    expect(reader.field("text")).to_have_value(re.compile("and half a$"))
    reader.send_button.click()
    expect(reader.comment("and half a")).to_be_visible()
    reader.expects("ERR_INTERNET_DISCONNECTED")
