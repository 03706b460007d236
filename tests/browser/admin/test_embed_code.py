"""The embed code page in a browser: live preview, copying, and use without script."""

from playwright.sync_api import expect

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
    reader.page.goto(f"{world.service}/moderation/snippet/")


def test_options_update_the_preview_and_code_is_copied(
    world: World, new_reader: MakeReader
) -> None:
    world.say("Ruth", "The first of all")
    world.say("Ilse", "The second of them")
    reader = new_reader(permissions=["clipboard-read", "clipboard-write"])
    open_it(world, reader)
    page, line = reader.page, reader.page.locator("#line")
    thread = page.frame_locator("iframe.preview")
    expect(thread.locator(".comments-text").first).to_have_text("The first of all")
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    page.get_by_label("Order").focus()
    page.get_by_label("Order").select_option("newest")
    expect(line).to_have_value(f'<script src="{world.service}/embed.js" data-site="default" '
                               'data-sort="newest" async></script>')  # fmt: skip
    expect(thread.locator(".comments-text").first).to_have_text("The second of them")
    expect(page.get_by_label("Order")).to_be_focused()
    page.get_by_label("Comment form").select_option("top")
    expect(thread.locator(".comments-respond + .comments-list")).to_be_visible()
    form, comments = thread.locator(".comments-respond"), thread.locator(".comments-list")
    above, below = form.bounding_box(), comments.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] < below["y"]
    page.get_by_label("Colours").select_option("dark")
    expect(thread.locator(".comments[data-theme=dark]")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == line.input_value()
    page.get_by_label("a frame (").check()
    expect(line).to_have_value(f'<script src="{world.service}/static/framing.js" '
                               'data-site="default" data-theme="dark" data-sort="newest" '
                               'async></script>')  # fmt: skip
    expect(thread.locator("comment-thread[data-theme=dark]")).to_be_visible()
    page.reload()
    expect(page.get_by_label("a frame (")).to_be_checked()


def test_preview_without_script(world: World, new_reader: MakeReader) -> None:
    world.say("Ruth", "The first of all")
    reader = new_reader(java_script_enabled=False)
    open_it(world, reader)
    page = reader.page
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.get_by_label("a frame (").check()
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Show").click()
    script = f'<script src="{world.service}/static/framing.js" data-site="default"'
    said = f'{script} data-lang="de" async></script>'
    expect(page.locator("#line")).to_have_text(said)
    thread = page.frame_locator("iframe.preview")
    expect(thread.get_by_text("The first of all")).to_be_visible()
    expect(thread.locator("html")).to_have_attribute("lang", "de")
