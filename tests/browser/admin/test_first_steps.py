"""The first steps in a browser: the code is copied, and the first visit of a page is found."""

from playwright.sync_api import expect

from comment_service.storage.admin import sites
from comment_service.storage.db.session import transaction
from comment_service.web.http.viewer import MODERATOR_COOKIE
from tests.browser.conftest import MakeReader
from tests.browser.reader import Reader
from tests.browser.servers import World
from tests.people import Moderator


def open_it(world: World, reader: Reader) -> None:
    cookie = Moderator(world.app).client.get_cookie(MODERATOR_COOKIE)
    assert cookie is not None
    kept = {"name": MODERATOR_COOKIE, "value": cookie.value, "url": world.service}
    reader.context.add_cookies([kept])  # type: ignore[list-item]
    reader.page.goto(f"{world.service}/moderation/start/")


def test_the_first_visit_appears_without_a_reload(world: World, new_reader: MakeReader) -> None:
    owner = new_reader(permissions=["clipboard-read", "clipboard-write"])
    open_it(world, owner)
    page = owner.page
    page.evaluate("window.same = true")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    line = page.locator("#line").input_value()
    assert page.evaluate("navigator.clipboard.readText()") == line
    assert line.startswith(f'<script src="{world.service}/embed.js"')
    expect(page.get_by_text("Waiting for the first visit of your page…")).to_be_visible()
    expect(page.get_by_role("link", name="Check again")).to_be_hidden()
    new_reader().open(world.post)
    expect(page.get_by_text(f"✓ Found on {world.post}")).to_be_visible()
    assert page.evaluate("window.same"), "the page was not loaded again"


def test_an_unregistered_page_is_added_by_one_click(world: World, new_reader: MakeReader) -> None:
    with world.app.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        site.origins = []
    owner = new_reader()
    open_it(world, owner)
    visitor = new_reader()
    visitor.page.goto(world.post)
    words = "Comments are not available on this address."
    expect(visitor.page.locator("comment-thread")).to_contain_text(words)
    visitor.expects("403")
    owner.page.get_by_role("button", name="Add it").click()
    expect(owner.page.get_by_text("Its pages can show comments now.")).to_be_visible()
    visitor.open(world.post)


def test_without_script_a_link_checks_again(world: World, new_reader: MakeReader) -> None:
    owner = new_reader(java_script_enabled=False)
    open_it(world, owner)
    new_reader().open(world.post)
    owner.page.get_by_role("link", name="Check again").click()
    expect(owner.page.get_by_text(f"✓ Found on {world.post}")).to_be_visible()
