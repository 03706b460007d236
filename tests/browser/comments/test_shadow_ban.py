"""A shadow-banned reader's browser shows their comments, likes and reactions after a reload."""

from playwright.sync_api import expect

from tests.browser.conftest import MakeReader
from tests.browser.servers import World
from tests.people import Moderator, ruled


def test_likes_are_still_there_after_a_reload(world: World, new_reader: MakeReader) -> None:
    ruled(world.app, reactions="👍", burst_comments=0)
    world.say("Ruth", "Words that people like")
    troll, other = new_reader(), new_reader()
    troll.open(world.post)
    troll.say("Here I am", name="Troll")
    moderator = Moderator(world.app)
    moderator.post("/moderation/comments/2/author", mark="shadow")
    troll.say("Nobody reads this", name="Troll")
    like_button = troll.likes(troll.comment("Words that people"))[0]
    like_button.click()
    expect(troll.comment("Words that people")).to_contain_text("Liked by 1 person")
    troll.comment("Words that people").get_by_role("button", name="Thumbs").click()
    expect(troll.page.get_by_role("button", name="Thumbs up: 1")).to_be_visible()
    troll.likes()[0].click()
    expect(troll.page.locator(".comments-head")).to_contain_text("1 person likes this")
    troll.reload()
    one = troll.comment("Words that people")
    expect(troll.title).to_contain_text("3 comments")
    expect(one).to_contain_text("Liked by 1 person")
    expect(one.get_by_role("button", name="Thumbs up: 1")).to_have_attribute("aria-pressed", "true")
    expect(troll.likes(one)[0]).to_have_attribute("aria-pressed", "true")
    expect(troll.page.locator(".comments-head")).to_contain_text("1 person likes this")
    expect(troll.comment("Nobody reads this")).to_be_visible()
    other.open(world.post)
    expect(other.title).to_contain_text("2 comments")
    expect(other.page.get_by_text("Liked by 1 person")).to_be_hidden()
    expect(other.page.get_by_text("1 person likes this")).to_be_hidden()
    troll.likes(one)[0].click()
    expect(one.get_by_text("Liked by")).to_be_hidden()
    troll.reload()
    expect(troll.title).to_contain_text("3 comments")
    expect(troll.comment("Words that people").get_by_text("Liked by")).to_be_hidden()
