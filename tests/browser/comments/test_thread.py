"""A thread in a real browser, on a page of another site: read, write, like, permalinks."""

import json

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from comment_service.storage.db.session import db
from comment_service.storage.tables import Comment
from comment_service.web.comments import write_views
from tests.browser.conftest import MakeReader, MakeWorld
from tests.browser.reader import Reader, focused
from tests.browser.servers import Stage, World
from tests.fakes import FakeClock

PUBLISHED = "Your comment is published."
PENDING = "Thanks! Your comment is awaiting moderation."


def kept(world: World, text: str) -> int:
    """Return how many comments with this text are in the database."""
    with world.app.app_context():
        return len(db.session.scalars(select(Comment).where(Comment.text == text)).all())


# ---- reading ----


def test_thread_is_shown(world: World, reader: Reader) -> None:
    first = world.say("Ruth", "The **first** thing to say")
    world.say("Ilse", "An answer to it", parent=first)
    reader.open(world.post)
    expect(reader.title).to_have_text("2 comments")
    assert reader.texts() == ["The first thing to say", "An answer to it"]
    expect(reader.page.locator("ol ol").locator(reader.comment("An answer"))).to_be_visible()
    expect(reader.comment("first").locator("strong")).to_have_text("first")
    focused(reader.page.locator("body"))


def test_reading_stores_nothing(world: World, reader: Reader, service_stage: Stage) -> None:
    world.say("Ruth", "Something to read")
    reader.open(world.post)
    reader.open(world.thread_page)
    assert reader.context.cookies() == []
    assert service_stage.cookies == [], "not even one that the browser would refuse"
    assert reader.stored() == "{}"
    assert set(reader.asked) == {world.service, world.blog.origin}


def test_times_are_shown_in_the_reader_s_zone(world: World, new_reader: MakeReader) -> None:
    world.say("Ruth", "Written at noon in Greenwich")
    time = new_reader(timezone_id="Asia/Kolkata").open(world.post).page.locator("time")
    expect(time).to_contain_text("Nov 1, 2026, 5:30")
    expect(time).to_have_attribute("datetime", "2026-11-01T12:00:00Z")


def test_a_permalink_leads_to_its_comment(world: World, reader: Reader) -> None:
    ids = [world.say("Ruth", f"Number {n}\n\n" + "line\n\n" * 30) for n in range(4)]
    reader.open(f"{world.post}#comment-{ids[2]}")
    focused(reader.comment("Number 2"))
    expect(reader.comment("Number 2")).to_be_in_viewport()
    reader.comment("Number 3").locator(".comments-when").click()
    focused(reader.comment("Number 3"))
    assert reader.page.url == f"{world.post}#comment-{ids[3]}"
    reader.page.go_back()
    focused(reader.comment("Number 2"))


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_permalink_loads_a_later_comment(make_world: MakeWorld, reader: Reader, order: str) -> None:
    world = make_world(PAGE_SIZE=3)
    ids = [world.say(f"Reader {n}", f"Number {n}") for n in range(9)]
    answer = world.say("Ruth", "The answer", parent=ids[4])
    world.blog.attributes["sort"] = order
    reader.open(f"{world.post}#comment-{answer}")
    focused(reader.comment("The answer"))
    below = reader.page.locator(".comments-item", has=reader.comment("Number 4"))
    expect(below.locator("ol").locator(reader.comment("The answer"))).to_be_visible()
    more = reader.page.locator('[data-act="more"]')
    for count in (7, 10):
        more.click()
        expect(reader.comments).to_have_count(count)
    expect(more).to_have_count(0)
    numbers = [f"Number {n}" for n in range(9)][:: 1 if order == "oldest" else -1]
    numbers.insert(5, "The answer")
    assert reader.texts() == numbers


def test_permalink_loads_a_hidden_reply(make_world: MakeWorld, reader: Reader) -> None:
    world = make_world(REPLIES_SHOWN=2)
    root = world.say("Ruth", "The question")
    ids = [world.say(f"Reader {n}", f"Answer {n}", parent=root) for n in range(6)]
    world.say("Ilse", "Another subject")
    reader.open(f"{world.post}#comment-{ids[4]}")
    focused(reader.comment("Answer 4"))
    answers = [f"Answer {n}" for n in range(6)]
    assert reader.texts() == ["The question", *answers, "Another subject"]


def test_permalink_to_a_deleted_comment(world: World, reader: Reader) -> None:
    world.say("Ruth", "Still here")
    reader.open(f"{world.post}#comment-999")
    expect(reader.toast).to_contain_text("This comment is gone.")
    expect(reader.comment("Still here")).to_be_visible()
    reader.expects("404")


def test_permalink_to_own_pending_comment(world: World, reader: Reader) -> None:
    reader.open(world.post)
    mine = reader.say("maybe it is held")
    mine.locator(".comments-when").click()
    reader.reload()
    focused(mine)
    expect(reader.toast).to_be_empty()


def test_deep_reply_names_and_links_its_parent(world: World, reader: Reader) -> None:
    above = None
    for n in range(8):
        above = world.say(f"Reader {n}", f"Number {n}", parent=above)
    reader.open(world.post)
    reader.comment("Number 7").get_by_role("link", name="in reply to Reader 6").click()
    focused(reader.comment("Number 6"))


# ---- writing ----


def test_a_guest_s_comment_is_published_at_once(
    world: World, reader: Reader, new_reader: MakeReader
) -> None:
    reader.open(world.post)
    expect(reader.title).to_have_text("No comments yet")
    focused(reader.say("Thanks for this"))
    expect(reader.toast).to_have_text(PUBLISHED)
    expect(reader.title).to_have_text("1 comment")
    expect(reader.field("text")).to_have_value("")
    other = new_reader().open(world.post)
    expect(other.comment("Thanks for this")).to_contain_text("Ada")
    expect(other.field("name")).to_have_value("")


@pytest.mark.parametrize("text", ["maybe it is held", "a casino, filed as spam"])
def test_pending_notice_is_shown_only_to_the_author(
    world: World, reader: Reader, text: str
) -> None:
    reader.open(world.post)
    mine = reader.say(text)
    expect(mine).to_contain_text("Awaiting moderation (only you see it).")
    expect(reader.toast).to_have_text(PENDING)
    expect(reader.title).to_have_text("No comments yet")
    reader.reload()
    expect(reader.comment(text)).to_contain_text("only you see it")
    assert text not in world.texts()
    reader.context.clear_cookies()
    reader.page.evaluate("localStorage.clear()")
    reader.reload()
    expect(reader.title).to_have_text("No comments yet")
    expect(reader.comments).to_have_count(0)


def test_name_is_remembered(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.page.get_by_label("Save my name and address in this browser for next time").check()
    reader.say("The first", name="Marlene")
    reader.reload()
    expect(reader.field("name")).to_have_value("Marlene")


def test_double_click_posts_once(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.write("Clicked twice")
    reader.send_button.dblclick()
    expect(reader.toast).to_have_text(PUBLISHED)
    expect(reader.comment("Clicked twice")).to_have_count(1)
    assert kept(world, "Clicked twice") == 1


def test_page_receives_an_event_for_a_comment(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.page.evaluate(
        "addEventListener('comments:posted', (event) => { window.heard = event.detail; })"
    )
    reader.say("Heard by the blog")
    assert reader.page.evaluate("window.heard.status") == "published"


# ---- replying ----


def test_reply_appears_under_its_parent(world: World, reader: Reader) -> None:
    world.say("Ruth", "The question")
    world.say("Ilse", "Another subject")
    reader.open(world.post)
    reader.reply("The question")
    expect(reader.page.locator(".comments-invite")).to_have_text("Reply to Ruth")
    below = reader.page.locator(".comments-item", has=reader.comment("The question"))
    expect(below.locator(".comments-respond")).to_be_visible()
    reader.say("The answer")
    expect(below.locator("ol").locator(reader.comment("The answer"))).to_be_visible()
    assert reader.texts() == ["The question", "The answer", "Another subject"]
    expect(reader.page.locator(".comments-invite")).to_have_text("Add a comment")
    expect(reader.page.locator(".comments > .comments-respond")).to_be_visible()
    reader.reload()
    assert reader.texts() == ["The question", "The answer", "Another subject"]


def test_reply_by_keyboard(world: World, reader: Reader) -> None:
    world.say("Ruth", "The question")
    reader.open(world.post)
    keys = reader.page.keyboard
    reader.reply_to("The question").focus()
    keys.press("Enter")
    focused(reader.field("text"))
    keys.type("Typed only")
    keys.press("Tab")
    keys.type("Ada")
    keys.press("Enter")
    expect(reader.toast).to_have_text(PUBLISHED)
    focused(reader.comment("Typed only"))


def test_escape_restores_focus_and_keeps_the_text(world: World, reader: Reader) -> None:
    world.say("Ruth", "The question")
    reader.open(world.post)
    reader.reply("The question", key="Enter")
    reader.field("text").fill("Half an answer")
    reader.field("text").press("Escape")
    focused(reader.reply_to("The question"))
    expect(reader.page.locator(".comments > .comments-respond")).to_be_visible()
    expect(reader.field("text")).to_have_value("")
    reader.reply("The question", key="Enter")
    expect(reader.field("text")).to_have_value("Half an answer")
    reader.page.get_by_role("link", name="Cancel reply").click()
    focused(reader.reply_to("The question"))


# ---- liking ----


def test_a_comment_is_liked_and_unliked(world: World, reader: Reader) -> None:
    world.say("Ruth", "Well said")
    reader.open(world.post)
    button, words = reader.likes(reader.comment("Well said"))
    expect(words).to_be_hidden()
    button.click()
    expect(words).to_have_text("Liked by 1 person")
    expect(button).to_have_attribute("aria-pressed", "true")
    reader.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert "Liked by 1 person" in world.texts()
    button.click()
    expect(words).to_be_hidden()
    expect(button).to_have_attribute("aria-pressed", "false")
    reader.reload()
    expect(words).to_be_hidden()


def test_page_is_liked(world: World, reader: Reader) -> None:
    reader.open(world.post)
    button, words = reader.likes()
    button.press("Enter")
    expect(words).to_have_text("1 person likes this")
    reader.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(words).to_have_text("1 person likes this")


def test_likers_dialog(world: World, reader: Reader) -> None:
    comment = world.say("Ruth", "Well said")
    for name in ("Ilse", "Noor"):
        world.say(name, f"{name} was here")
        world.person(name).like(comment)
    reader.open(world.post)
    _button, words = reader.likes(reader.comment("Well said"))
    words.press("Enter")
    dialog = reader.page.get_by_role("dialog", name="Liked by 2 people")
    expect(dialog.locator("li")).to_have_text(["Noor", "Ilse"])
    reader.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    focused(words)


def test_failed_like_is_reverted(world: World, reader: Reader) -> None:
    world.say("Ruth", "Well said")
    reader.open(world.post)
    reader.page.route("**/likes", lambda route: route.abort())
    button, words = reader.likes(reader.comment("Well said"))
    button.click()
    expect(reader.toast).to_contain_text("The server could not be reached.")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(words).to_be_hidden()
    reader.expects("ERR_FAILED")


# ---- order and paging ----


def test_sort_order_can_be_chosen(world: World, reader: Reader) -> None:
    ids = [world.say(name, f"Number {n}") for n, name in enumerate(("Ruth", "Ilse", "Noor"))]
    world.person("Dmitri").like(ids[1])
    reader.open(world.post)
    assert reader.texts() == ["Number 0", "Number 1", "Number 2"]
    for words, first in [("Newest first", "Number 2"), ("Best first", "Number 1")]:
        reader.page.get_by_role("link", name=words).click()
        focused(reader.page.locator('[data-act="sort"][aria-current]', has_text=words))
        expect(reader.comments.first).to_contain_text(first)
        expect(reader.comments).to_have_count(3)


def test_new_comment_is_on_top_if_newest_first(world: World, reader: Reader) -> None:
    world.say("Ruth", "One")
    world.say("Ilse", "Two")
    reader.open(world.post)
    reader.page.get_by_role("link", name="Newest first").click()
    expect(reader.comments.first).to_contain_text("Two")
    reader.say("Three")
    assert reader.texts() == ["Three", "Two", "One"]


@pytest.mark.parametrize(
    ("order", "words", "first"),
    [("oldest", "Newer comments", "Number 0"), ("newest", "Older comments", "Number 7")],
)
def test_long_thread_is_paged(
    make_world: MakeWorld, reader: Reader, order: str, words: str, first: str
) -> None:
    world = make_world(PAGE_SIZE=3)
    for n in range(8):
        world.say(f"Reader {n}", f"Number {n}")
    world.blog.attributes["sort"] = order
    reader.open(world.post)
    expect(reader.comments).to_have_count(3)
    expect(reader.comments.first).to_contain_text(first)
    more = reader.page.get_by_role("link", name=words)
    for count in (6, 8):
        fourth = count - 3 if count == 6 else 6
        more.click()
        expect(reader.comments).to_have_count(count)
        focused(reader.comments.nth(fourth))
    expect(more).to_have_count(0)
    assert sorted(reader.texts()) == [f"Number {n}" for n in range(8)]


def test_more_replies_come_under_their_comment(make_world: MakeWorld, reader: Reader) -> None:
    world = make_world(REPLIES_SHOWN=2)
    root = world.say("Ruth", "The question")
    for n in range(5):
        world.say(f"Reader {n}", f"Answer {n}", parent=root)
    world.say("Ilse", "Another subject")
    reader.open(world.post)
    expect(reader.comments).to_have_count(4)
    reader.page.get_by_role("link", name="3 more replies").click()
    focused(reader.comment("Answer 2"))
    answers = [f"Answer {n}" for n in range(5)]
    assert reader.texts() == ["The question", *answers, "Another subject"]


# ---- errors ----


def test_refusal_keeps_the_text_and_is_shown_at_its_field(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.write("Worth keeping")
    reader.field("website").fill("javascript:alert(1)")
    reader.send_button.click()
    expect(reader.problem("website")).to_contain_text("https://example.org")
    field = reader.field("website")
    focused(field)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(
        "Enter an address like https://example.org, or leave it empty."
    )
    expect(reader.field("text")).to_have_value("Worth keeping")
    assert kept(world, "Worth keeping") == 0
    reader.expects("422")
    field.fill("https://ada.example")
    reader.send_button.click()
    expect(reader.toast).to_contain_text("Your comment is")
    expect(reader.problem("website")).to_be_empty()
    assert kept(world, "Worth keeping") == 1


def test_expired_form_is_sent_on_the_second_try(
    world: World, reader: Reader, clock: FakeClock
) -> None:
    reader.open(world.post)
    with reader.page.expect_response("**/form-token?*"):
        reader.field("text").focus()
    clock.forward(hours=25)
    reader.write("Slept over it")
    reader.send_button.click()
    expect(reader.outcome).to_contain_text("Your text is kept: please send it again.")
    expect(reader.field("text")).to_have_value("Slept over it")
    reader.expects("422")
    reader.send_button.click()
    expect(reader.toast).to_have_text(PUBLISHED)
    assert kept(world, "Slept over it") == 1


def test_an_error_of_the_server_keeps_the_text(
    world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    reader.open(world.post)
    with monkeypatch.context() as broken:
        broken.setattr(write_views, "do_submit", full)
        reader.write("Written in vain?")
        reader.send_button.click()
        expect(reader.outcome).to_contain_text("The server could not store this just now.")
    expect(reader.field("text")).to_have_value("Written in vain?")
    expect(reader.send_button).to_have_text("Try again")
    reader.expects("503")
    reader.send_button.click()
    expect(reader.toast).to_have_text(PUBLISHED)
    assert kept(world, "Written in vain?") == 1


def test_without_a_network_the_text_stays_and_can_be_sent_again(
    world: World, reader: Reader
) -> None:
    reader.open(world.post)
    reader.context.set_offline(True)
    reader.write("From the tunnel")
    reader.send_button.click()
    expect(reader.outcome).to_contain_text("The server could not be reached.")
    expect(reader.outcome).to_contain_text("Your text is kept here.")
    reader.expects("ERR_INTERNET_DISCONNECTED")
    reader.context.set_offline(False)
    reader.send_button.click()
    expect(reader.toast).to_have_text(PUBLISHED)
    assert kept(world, "From the tunnel") == 1


def test_lost_answer_does_not_duplicate_the_comment(world: World, reader: Reader) -> None:
    def lose(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort()

    reader.open(world.post)
    reader.page.route("**/comments", lose, times=1)
    reader.write("Said once")
    reader.send_button.click()
    expect(reader.outcome).to_contain_text("The server could not be reached.")
    assert kept(world, "Said once") == 1
    reader.expects("ERR_FAILED")
    reader.reload()
    expect(reader.field("text")).to_have_value("Said once")
    reader.field("name").fill("Ada")
    reader.send_button.click()
    expect(reader.toast).to_have_text(PUBLISHED)
    assert kept(world, "Said once") == 1
    expect(reader.comment("Said once")).to_have_count(1)


def test_draft_survives_reload_until_accepted(world: World, reader: Reader) -> None:
    world.say("Ruth", "The question")
    reader.open(world.post)
    reader.field("text").fill("A thought")
    reader.reply("The question")
    expect(reader.field("text")).to_have_value("")
    reader.field("text").fill("A half answer")
    reader.reload()
    expect(reader.field("text")).to_have_value("A thought")
    reader.reply("The question")
    expect(reader.field("text")).to_have_value("A half answer")
    reader.field("text").press("Escape")
    reader.field("name").fill("Ada")
    reader.send_button.click()
    expect(reader.toast).to_have_text(PUBLISHED)
    drafts = [k for k in json.loads(reader.stored()) if k.startswith("comments:draft")]
    assert len(drafts) == 1, "the other draft is still there"
    reader.reload()
    expect(reader.field("text")).to_have_value("")
