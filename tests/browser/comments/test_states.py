"""Every state of a thread in every look: no axe violation, nothing cut off, keyboard access."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.comments.test_accessibility import OPTIONS
from tests.browser.conftest import MakeWorld
from tests.browser.reader import Reader, focused
from tests.browser.servers import STYLED, World
from tests.people import ruled

pytestmark = pytest.mark.slow

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
NARROW = {"width": 280, "height": 800}
WIDE = {"width": 1200, "height": 800}


def look_at(reader: Reader) -> None:
    """Check for violations in every look, and for anything wider than a 280 px sidebar."""
    for theme in ("light", "dark", "high-contrast"):
        for scheme in ("light", "dark") if theme == "high-contrast" else (theme,):
            reader.page.emulate_media(color_scheme=scheme)
            reader.page.evaluate(f"Comments.setTheme('{theme}')")
            _axe(reader, f"{theme} {scheme}")
    reader.page.emulate_media(color_scheme="light", forced_colors="active")
    reader.page.evaluate("Comments.setTheme('auto')")
    _axe(reader, "forced colours")
    reader.page.emulate_media(forced_colors="none")
    reader.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    _axe(reader, "280 px")
    assert not reader.page.evaluate(WIDER), "it must be read without scrolling sideways"
    reader.page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def _axe(reader: Reader, look: str) -> None:
    found = Axe().run(reader.page, options=OPTIONS)
    assert found.response["passes"], "axe looked at nothing"
    reader.troubles = [line for line in reader.troubles if "inline style violates" not in line]
    report = [
        f"{look} {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]
    assert report == []


def empty(world: World, reader: Reader) -> None:
    reader.open(world.post)


def loading(world: World, reader: Reader) -> None:
    reader.page.route("**/thread?*", lambda _route: None)
    reader.page.goto(world.post)
    expect(reader.page.locator(".comments-loading")).to_be_visible()


def unreachable(world: World, reader: Reader) -> None:
    reader.page.route("**/thread?*", lambda route: route.abort())
    reader.page.goto(world.post)
    expect(reader.page.locator("comment-thread a")).to_be_visible()
    reader.expects("ERR_FAILED")


def one(world: World, reader: Reader) -> None:
    world.say("Ruth", "The only one")
    reader.open(world.post)


def two_hundred(world: World, reader: Reader) -> None:
    ruled(world.app, burst_comments=0)
    above = None
    for n in range(200):
        above = world.say(f"Reader {n % 9}", f"Number {n}", parent=above if n % 4 else None)
    reader.open(world.post)


def refused(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.write("Worth keeping")
    reader.field("website").fill("javascript:alert(1)")
    reader.send_button.click()
    expect(reader.problem("website")).not_to_be_empty()
    reader.expects("422")


def held(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.say("maybe it is held")


def replying(world: World, reader: Reader) -> None:
    world.say("Ruth", "A question")
    reader.open(world.post)
    reader.reply("A question")
    expect(reader.page.get_by_role("toolbar")).to_be_visible()


def previewing(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.field("text").fill("**Bold**\n\n> quoted\n\n`code`")
    reader.page.get_by_role("button", name="Preview").click()
    expect(reader.page.locator(".comments-preview strong")).to_be_visible()


def news(world: World, reader: Reader) -> None:
    first = world.say("Ruth", "The first")
    reader.open(world.post)
    world.say("Ilse", "An answer", parent=first)
    reader.come_back()
    expect(reader.page.locator(".comments-news")).to_be_visible()


def signed_in(world: World, reader: Reader) -> None:
    from tests.web.readers.test_login_window import signed_in as sign_in

    ada = sign_in(world.app, world.person("Ada"))
    key = f"comments:visitor:default@{world.service}/"
    reader.context.add_init_script(f"localStorage.setItem('{key}', JSON.stringify('{ada.token}'))")
    reader.open(world.post)
    expect(reader.page.locator(".comments-account")).to_be_visible()


STATES = (
    empty,
    loading,
    unreachable,
    one,
    pytest.param(two_hundred, marks=pytest.mark.long),
    refused,
    held,
    replying,
    previewing,
    news,
    signed_in,
)


@pytest.mark.parametrize(
    "state", STATES, ids=lambda state: getattr(state, "__name__", "two_hundred")
)
def test_every_state_in_every_look(
    make_world: MakeWorld, reader: Reader, state: Callable[[World, Reader], None]
) -> None:
    world = make_world(PAGE_SIZE=200)
    world.blog.policy = STYLED
    state(world, reader)
    look_at(reader)


@pytest.mark.parametrize("lang", ["ar", "he"])
def test_from_right_to_left(world: World, reader: Reader, lang: str) -> None:
    world.blog.lang, world.blog.policy = lang, STYLED
    world.blog.head = "<script></script>"
    first = world.say("حسين", "مقال جميل، شكراً لك.")
    world.say("Ruth", "An answer in English, which stays left to right.", parent=first)
    reader.open(world.post)
    expect(reader.page.locator("section.comments")).to_have_css("direction", "rtl")
    look_at(reader)


def test_keyboard_only(world: World, reader: Reader) -> None:
    """Like, reply with formatting, preview, send, collapse, sort: without a pointer."""
    first = world.say("Ruth", "A question")
    world.say("Noor", "Another answer", parent=first)
    world.say("Ilse", "Something else")
    reader.open(world.post)
    keys, page = reader.page.keyboard, reader.page

    def to(name: str, role: str = "button") -> None:
        for _ in range(60):
            keys.press("Tab")
            here = page.evaluate(
                "(() => { let e = document.activeElement; while (e?.shadowRoot?.activeElement) "
                "e = e.shadowRoot.activeElement; return e?.innerText || e?.ariaLabel || ''; })()"
            )
            if str(here).strip() == name:
                return
        raise AssertionError(f"no way to {role} {name}")

    to("Like")
    keys.press("Enter")
    expect(reader.likes()[1]).to_have_text("1 person likes this")
    to("Reply", "link")
    keys.press("Enter")
    focused(reader.field("text"))
    expect(page.get_by_role("toolbar")).to_be_visible()
    keys.type("An answer, ")
    keys.press("Control+b")
    keys.type("bold")
    keys.press("Shift+Tab")
    focused(page.get_by_role("button", name="Bold"))
    keys.press("End")
    keys.press("Enter")
    expect(page.locator(".comments-preview strong")).to_have_text("bold")
    keys.press("Enter")
    focused(reader.field("text"))
    keys.press("Tab")
    focused(reader.field("name"))
    keys.type("Ada")
    keys.press("Enter")
    answer = reader.comment("An answer, bold")
    focused(answer)
    while not page.locator("summary").first.evaluate("(e) => e.matches(':focus')"):
        keys.press("Shift+Tab")
    keys.press("Space")
    expect(answer).to_be_hidden()


def test_targets_are_large_enough(world: World, reader: Reader) -> None:
    """At least 24 CSS pixels in each direction (WCAG 2.2, 2.5.8), except links within sentences."""
    first = world.say("Ruth", "A question")
    world.say("Ilse", "An answer", parent=first)
    reader.open(world.post)
    reader.field("text").focus()
    expect(reader.page.get_by_role("toolbar")).to_be_visible()
    targets = reader.page.locator(
        "comment-thread :is(button, summary, input, textarea, .comments-quiet, .comments-sort a)"
    )
    small = []
    for n in range(targets.count()):
        box = targets.nth(n).bounding_box()
        if box and targets.nth(n).is_visible() and min(box["width"], box["height"]) < 24:
            small.append((targets.nth(n).inner_text(), box))
    assert [one for one in small if one[0]] == []
