"""Pages that change without a reload: the thread follows, and comments go to their own page."""

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.reader import READING, Reader, hold
from tests.browser.servers import World

NO_NAVIGATION_API = "delete window.navigation"
"""As in browsers before 2025, other than Chromium."""


@pytest.fixture(params=["navigation", "history"])
def app(request: pytest.FixtureRequest, world: World, reader: Reader) -> Reader:
    """Return a reader of a single-page site, in browsers with and without the Navigation API."""
    if request.param == "history":
        reader.page.add_init_script(NO_NAVIGATION_API)
    for name in ("one", "two", "three"):
        on(world, name).say(f"On {name}")
    return reader


def on(world: World, name: str) -> "Talk":
    return Talk(world, f"{world.blog.origin}/{name}")


class Talk:
    """A page's thread, as anybody reads it."""

    def __init__(self, world: World, url: str) -> None:
        self.guest = world.person(f"Somebody at {url}")
        self.guest.page = {"site": "default", "url": url, "title": ""}

    def say(self, text: str) -> None:
        assert self.guest.say(text).status_code == 201

    def text(self) -> str:
        return self.guest.thread()


def go(reader: Reader, path: str, title: str = "") -> None:
    """Change the route as a router does: the address at once, the title a moment later."""
    reader.page.evaluate(
        """([path, title]) => {
          history.pushState({}, "", path);
          if (title) setTimeout(() => { document.title = title; }, 0);
        }""",
        [path, title],
    )


def comment(reader: Reader, text: str) -> Locator:
    return reader.page.locator(".comments-one", has_text=text)


@pytest.mark.parametrize("mapping", ["canonical", "url", "pathname"])
def test_mounted_thread_follows_the_route(world: World, app: Reader, mapping: str) -> None:
    world.blog.attributes = {"mapping": mapping}
    app.open(f"{world.blog.origin}/one")
    expect(comment(app, "On one")).to_be_visible()
    go(app, "/two", "Two")
    expect(comment(app, "On two")).to_be_visible()
    expect(app.comments).to_have_count(1)
    app.say("Said on the second")
    assert "Said on the second" in on(world, "two").text()
    assert "Said on the second" not in on(world, "one").text()
    assert "1 comment" not in on(world, "two").text()
    app.page.go_back()
    expect(comment(app, "On one")).to_be_visible()
    app.page.evaluate("history.replaceState({}, '', '/three')")
    expect(comment(app, "On three")).to_be_visible()
    expect(app.comments).to_have_count(1)


@pytest.mark.parametrize("updated", [True, False], ids=["canonical follows", "canonical stays"])
def test_canonical_link_of_the_previous_route(world: World, app: Reader, updated: bool) -> None:
    world.blog.head = f'<link rel="canonical" href="{world.blog.origin}/one">'
    app.open(f"{world.blog.origin}/one?from=letter")
    expect(comment(app, "On one")).to_be_visible()
    go(app, "/two?x=1" if updated else "/two")
    if updated:
        url = f"{world.blog.origin}/two"
        app.page.evaluate("(url) => { document.querySelector('link').href = url; }", url)
    expect(comment(app, "On two")).to_be_visible()
    app.page.go_back()
    if updated:
        url = f"{world.blog.origin}/one"
        app.page.evaluate("(url) => { document.querySelector('link').href = url; }", url)
    expect(comment(app, "On one")).to_be_visible()


def test_canonical_link_that_names_another_page_stays(world: World, app: Reader) -> None:
    world.blog.head = f'<link rel="canonical" href="{world.blog.origin}/one">'
    app.open(f"{world.blog.origin}/elsewhere")
    expect(comment(app, "On one")).to_be_visible()
    go(app, "/elsewhere/page/2")
    app.page.wait_for_timeout(300)
    expect(comment(app, "On one")).to_be_visible()


def test_thread_with_a_page_of_its_own_ignores_the_route(world: World, app: Reader) -> None:
    world.blog.attributes = {"page": "/one"}
    app.open(f"{world.blog.origin}/one")
    asked: list[str] = []
    app.page.on("request", lambda one: asked.append(one.url))
    go(app, "/two", "Two")
    app.page.wait_for_timeout(300)
    expect(comment(app, "On one")).to_be_visible()
    assert not [url for url in asked if "/thread" in url]


def test_links_within_the_page_load_nothing(world: World, app: Reader) -> None:
    app.open(f"{world.blog.origin}/one")
    app.page.wait_for_load_state("networkidle")
    asked: list[str] = []
    app.page.on("request", lambda one: asked.append(one.url))
    app.page.locator(".comments-when").click()
    app.page.evaluate("location.hash = '#below'")
    go(app, "/one?utm_source=x#top")
    app.page.wait_for_timeout(300)
    app.page.evaluate("history.replaceState({}, '', '/one#top')")
    app.page.wait_for_timeout(300)
    assert not [url for url in asked if "/thread?" in url]


HASHES = ["#/one", "#/one?tab=2", "#!/one", "#!one"]


@pytest.mark.parametrize("route", HASHES)
def test_hash_router(world: World, app: Reader, route: str) -> None:
    world.blog.attributes = {"mapping": "hash"}
    app.page.goto(f"{world.blog.origin}/app")
    expect(app.title).to_be_visible()
    app.until(READING)
    home = f"{world.blog.origin}/app"
    app.page.evaluate("(route) => { location.hash = route; }", route)
    app.at(route)
    expect(app.comments).to_have_count(0)
    app.say(f"On {route}")
    app.page.evaluate("location.hash = '#/two'")
    app.at("#/two")
    expect(app.comments).to_have_count(0)
    app.say("On the second route")
    app.page.evaluate("location.hash = '#footnote-1'")
    app.page.wait_for_timeout(200)
    expect(app.comments).to_have_count(1)
    assert f"On {route}" in Talk(world, f"{home}{route}").text()
    assert "On the second route" in Talk(world, f"{home}#/two").text()
    assert "No comments yet" in Talk(world, home).text()
    app.page.goto(f"{home}{route}")
    app.page.reload()
    one = comment(app, f"On {route}")
    expect(one).to_be_visible()
    one.locator(".comments-when").click()
    expect(app.page).to_have_url(re.compile(re.escape(f"{home}{route}#comment-")))
    expect(one).to_be_focused()
    app.page.reload()
    expect(comment(app, f"On {route}")).to_be_focused()


CHANGES = [
    ({"page": "/two"}, "On two"),
    ({"mapping": "pathname", "page": None}, "On one"),
    ({"page": "/three", "title": "Three", "lang": "de"}, "On three"),
]


@pytest.mark.parametrize(("changes", "text"), CHANGES)
def test_changed_attributes_change_the_thread(
    world: World, app: Reader, changes: dict[str, str | None], text: str
) -> None:
    world.blog.attributes = {"page": "/three" if text == "On one" else "/one"}
    app.open(f"{world.blog.origin}/one")
    expect(app.comments).to_have_count(1)
    app.page.evaluate(
        """(changes) => {
          const { dataset } = document.querySelector("comment-thread");
          for (const [name, value] of Object.entries(changes)) {
            if (value === null) delete dataset[name]; else dataset[name] = value;
          }
        }""",
        changes,
    )
    expect(comment(app, text)).to_be_visible()
    expect(app.comments).to_have_count(1)
    if changes.get("lang"):
        expect(app.send_button).to_have_text("Kommentar abschicken")
        return
    app.say("After the change")
    assert "After the change" in on(world, text.removeprefix("On ")).text()


def test_language_and_site_can_change(world: World, app: Reader) -> None:
    app.open(f"{world.blog.origin}/one")
    app.page.evaluate("document.querySelector('comment-thread').dataset.lang = 'de'")
    expect(app.page.get_by_label("Kommentar", exact=True)).to_be_visible()
    app.page.evaluate("document.querySelector('comment-thread').dataset.site = 'unknown'")
    expect(app.page.locator("comment-thread")).to_contain_text("unknown")
    app.expects("404")


def test_draft_stays_with_its_page(world: World, app: Reader) -> None:
    app.open(f"{world.blog.origin}/one")
    app.field("text").fill("Half a thought about one")
    go(app, "/two")
    expect(comment(app, "On two")).to_be_visible()
    expect(app.field("text")).to_have_value("")
    app.say("A thought about two")
    go(app, "/one")
    expect(app.field("text")).to_have_value("Half a thought about one")
    assert "Half a thought" not in on(world, "two").text()


def test_text_typed_before_the_form_has_its_script_stays_with_its_page(
    world: World, app: Reader
) -> None:
    held: list[Route] = []
    app.page.route("**/static/form.js", hold(held))
    app.open(f"{world.blog.origin}/one")
    app.field("text").fill("Half a thought about one")
    go(app, "/two")
    expect(comment(app, "On two")).to_be_visible()
    for script in held:
        script.continue_()
    app.say("A thought about two")
    go(app, "/one")
    expect(app.field("text")).to_have_value("Half a thought about one")
    assert "Half a thought" not in on(world, "two").text()


def test_comment_on_its_way_reaches_the_page_it_was_written_for(world: World, app: Reader) -> None:
    held: list[Route] = []
    app.open(f"{world.blog.origin}/one")
    app.page.route("**/comments", hold(held), times=1)
    app.write("Written on one")
    app.send_button.click()
    app.until(lambda: held)
    go(app, "/two")
    expect(comment(app, "On two")).to_be_visible()
    held[0].continue_()
    app.until(lambda: "Written on one" in on(world, "one").text())
    assert app.texts() == ["On two"]
    assert "Written on one" not in on(world, "two").text()
    app.page.go_back()
    expect(comment(app, "Written on one")).to_be_visible()
    expect(app.field("text")).to_have_value("")


def test_late_thread_of_the_previous_route_is_dropped(world: World, app: Reader) -> None:
    held: list[Route] = []
    app.page.route("**/thread?*", hold(held), times=1)
    app.page.goto(f"{world.blog.origin}/one")
    expect(app.page.locator(".comments-loading")).to_be_visible()
    app.page.evaluate("document.querySelector('comment-thread').dataset.page = '/two'")
    expect(comment(app, "On two")).to_be_visible()
    held[0].continue_()
    app.page.wait_for_timeout(300)
    assert app.texts() == ["On two"]


def test_title_is_read_when_the_comment_is_sent(world: World, app: Reader) -> None:
    app.open(f"{world.blog.origin}/fresh")
    app.page.evaluate("document.title = 'The first title'")
    app.say("One")
    assert 'data-title="The first title"' in on(world, "fresh").text()
    go(app, "/fresh-too", "The second title")
    app.at("/fresh-too")
    app.say("Two")
    assert 'data-title="The second title"' in on(world, "fresh-too").text()
