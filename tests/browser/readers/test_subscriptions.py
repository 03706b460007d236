"""Subscribing, and the pages behind links in mails: with script, without, and with axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from comment_service.actions.readers import subscription_link
from comment_service.storage.db.session import session
from comment_service.storage.tables import Subscription
from tests.browser.comments.test_accessibility import check
from tests.browser.conftest import MakeReader, MakeWorld
from tests.browser.reader import Reader
from tests.browser.servers import Stage, World

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
Open = Callable[[str], str]


@pytest.fixture
def mailing(make_world: MakeWorld, service_stage: Stage) -> World:
    """Return a world whose service has mail set up; nothing delivers the mails."""
    keys = {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "comments@blog.example"}
    return make_world(**keys, PUBLIC_URL=service_stage.origin)


def subscription(world: World) -> Subscription:
    with world.app.app_context():
        return session().scalars(select(Subscription)).one()


@pytest.fixture
def link(mailing: World) -> Open:
    """Return a function that makes the URL of a mail's link for a subscription."""
    mailing.say("Ada", "hello", email="ada@readers.example", notify="page")

    def make(purpose: str) -> str:
        with mailing.app.app_context():
            [row] = session().scalars(select(Subscription))
            token = subscription_link.sign(mailing.app.extensions["comments"], purpose, row)
        return f"{mailing.service}/subscriptions/{purpose}/{token}"

    return make


def everywhere(reader: Reader) -> None:
    """Check in light, dark, on a small screen and right to left."""
    check(reader)
    reader.page.evaluate("document.documentElement.dir = 'rtl'")
    reader.page.set_viewport_size({"width": 360, "height": 760})
    check(reader)
    assert not reader.page.evaluate(WIDER), "it must be read without scrolling sideways"
    reader.page.evaluate("document.documentElement.dir = 'ltr'")
    assert not reader.page.evaluate(WIDER)


def test_subscribe_with_a_comment_in_the_widget(mailing: World, reader: Reader) -> None:
    reader.open(mailing.post)
    reader.write("Tell me more")
    choice = reader.page.get_by_label("Notify me of new comments via e-mail")
    choice.select_option("All comments on this page")
    reader.send_button.click()
    expect(reader.field("email")).to_be_focused()
    expect(reader.problem("email")).to_contain_text("To be notified")
    expect(reader.field("text")).to_have_value("Tell me more")
    reader.expects("422")
    reader.field("email").fill("ada@readers.example")
    reader.send_button.click()
    expect(reader.comment("Tell me more")).to_be_visible()
    expect(reader.toast).to_contain_text("an e-mail asks you to")
    assert subscription(mailing).kind == "page"


def test_subscribe_without_script(mailing: World, new_reader: MakeReader) -> None:
    plain = new_reader(java_script_enabled=False)
    plain.open(mailing.thread_page)
    page = plain.page
    plain.write("Without a script")
    plain.field("email").fill("ada@readers.example")
    page.get_by_label("Notify me").select_option("Replies to me")
    plain.send_button.click()
    expect(page.locator(".comments-status")).to_contain_text("an e-mail asks you to")
    page.get_by_role("link", name="without commenting").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Subscribe to")
    page.get_by_label("E-mail").fill("bea@readers.example")
    page.get_by_label("How often").select_option("Once a day, together")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    page.get_by_role("link", name="Back").click()
    page.wait_for_url(mailing.post)


@pytest.mark.slow
def test_subscribe_form_is_accessible(mailing: World, reader: Reader) -> None:
    mailing.say("Ruth", "hello")
    reader.page.goto(mailing.thread_page.replace("thread.html", "subscribe"))
    everywhere(reader)
    reader.page.get_by_label("E-mail").fill("a@b")
    reader.page.get_by_role("button", name="Subscribe").click()
    expect(reader.page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    reader.expects("422")
    everywhere(reader)


@pytest.mark.slow
def test_comment_form_with_subscription_is_accessible(mailing: World, reader: Reader) -> None:
    reader.open(mailing.post)
    check(reader)


@pytest.mark.slow
def test_pages_behind_mail_links_are_accessible(link: Open, reader: Reader) -> None:
    page = reader.page
    page.goto(link("confirm"))
    everywhere(reader)
    page.get_by_role("button", name="Yes, e-mail me").click()
    expect(page.get_by_role("status")).to_contain_text("Confirmed")
    everywhere(reader)
    page.get_by_label("How often").select_option("Once a day, together")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Changed.")
    page.get_by_role("button", name="Mute this thread").click()
    expect(page.get_by_role("button", name="Unmute this thread")).to_be_visible()
    everywhere(reader)
    page.get_by_role("button", name="Unsubscribe from everything").click()
    expect(page.get_by_role("button", name="Subscribe again")).to_be_visible()
    everywhere(reader)
    page.get_by_role("button", name="Subscribe again").click()
    expect(page.get_by_role("status")).to_have_text("You are subscribed again.")
    page.goto(link("unsubscribe"))
    everywhere(reader)
    page.get_by_role("link", name="fewer").click()
    expect(page.get_by_label("How often")).to_have_value("daily")
    page.go_back()
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("status")).to_contain_text("unsubscribed")
    page.goto(f"{link('manage')}x")
    reader.expects("410")
    expect(page.get_by_role("heading", level=1)).to_have_text("Something went wrong")
