"""A thread in a frame follows the page around it: theme, dark switch, links to a comment, print."""

import pytest
from playwright.sync_api import FrameLocator, Route, expect

from comment_service.web.http.viewer import MODERATOR_COOKIE
from tests.browser.reader import Reader, focused, hold
from tests.browser.servers import STYLED, Stage, World
from tests.people import Moderator, ruled

POLICY = STYLED + "; frame-src {service}"
DARK, LIGHT = "body { background: #111; color: #eee }", "body { background: #fff; color: #111 }"


def framed(world: World, style: str = "", **attributes: str) -> None:
    data = " ".join(f'data-{name}="{value}"' for name, value in attributes.items())
    script = f"{world.service}/static/framing.js"
    world.blog.talk = f'<script src="{script}" data-site="default" {data} async></script>'
    world.blog.head = f"<style>{style}</style>"
    world.blog.policy = POLICY


def inside(reader: Reader) -> FrameLocator:
    frame = reader.page.frame_locator("iframe")
    expect(frame.locator(".comments-title").first).to_be_visible()
    return frame


def corner(reader: Reader) -> tuple[int, int, int]:
    """Return the colour that is visible near the frame's upper left corner."""
    reader.page.wait_for_load_state("networkidle")
    box = reader.page.locator("iframe").bounding_box()
    assert box is not None
    clip = {"x": box["x"] + 2, "y": box["y"] + 2, "width": 4, "height": 4}
    picture = reader.page.screenshot(clip=clip, full_page=True)  # type: ignore[arg-type]
    return pixel(picture)


def pixel(png: bytes) -> tuple[int, int, int]:
    """Return the first pixel of a PNG that Chromium made (8 bits, RGB or RGBA, first line)."""
    import struct
    import zlib

    at, data = 8, b""
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        if kind == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    line = zlib.decompress(data)
    return line[1], line[2], line[3]


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize(
    ("style", "attributes", "colour"),
    [
        (DARK, {}, (0x11, 0x11, 0x11)),
        (DARK, {"theme": "dark"}, (0x11, 0x11, 0x11)),
        (DARK, {"theme": "auto"}, (0x11, 0x11, 0x11)),
        (LIGHT, {}, (0xFF, 0xFF, 0xFF)),
        (LIGHT, {"theme": "light"}, (0xFF, 0xFF, 0xFF)),
        ("body { background: #234; color: oklch(0.95 0.01 250) }", {}, (0x22, 0x33, 0x44)),
    ],
)
def test_nothing_white_or_black_around_the_thread(
    world: World,
    reader: Reader,
    system: str,
    style: str,
    attributes: dict[str, str],
    colour: tuple[int, int, int],
) -> None:
    framed(world, style, **attributes)
    reader.page.emulate_media(color_scheme=system)  # type: ignore[arg-type]
    reader.page.goto(world.post)
    section = inside(reader).locator("section.comments")
    expect(section).to_have_attribute("data-theme", attributes.get("theme", "auto"))
    expect(section).to_have_attribute("data-scheme", "light" if style == LIGHT else "dark")
    assert corner(reader) == colour


def test_dark_switch_of_the_page(world: World, reader: Reader) -> None:
    framed(world, f"{LIGHT} .dark body {{ background: #111; color: #eee }}")
    reader.page.goto(world.post)
    section = inside(reader).locator("section.comments")
    expect(section).to_have_attribute("data-scheme", "light")
    reader.page.evaluate("document.documentElement.className = 'dark'")
    expect(section).to_have_attribute("data-scheme", "dark")
    assert corner(reader) == (0x11, 0x11, 0x11)
    reader.page.evaluate("document.documentElement.className = ''")
    expect(section).to_have_attribute("data-scheme", "light")
    assert corner(reader) == (0xFF, 0xFF, 0xFF)


def in_view(reader: Reader, selector: str) -> bool:
    """Return whether an element of the frame is on the screen of the page around it."""
    target = reader.page.frame_locator("iframe").locator(selector)
    outer = reader.page.locator("iframe").evaluate("(one) => one.getBoundingClientRect().top")
    inner = target.evaluate("(one) => one.getBoundingClientRect().top")
    height = reader.page.evaluate("innerHeight")
    return 0 <= outer + inner < height - 20


@pytest.mark.parametrize("later", [False, True], ids=["opened with it", "clicked later"])
@pytest.mark.parametrize("name", ["comment", "comments", "respond"])
def test_links_into_the_frame(world: World, reader: Reader, name: str, later: bool) -> None:
    ruled(world.app, burst_comments=0)
    ids = [world.say(f"Reader {n}", f"Number {n}. " * 40) for n in range(40)]
    framed(world, "h1 { margin-bottom: 3000px } #below { margin-top: 3000px; display: block }")
    target = f"comment-{ids[-1]}" if name == "comment" else name
    reader.page.goto(world.post if later else f"{world.post}#{target}")
    if later:
        reader.page.locator("iframe").scroll_into_view_if_needed()
        inside(reader)
        reader.page.evaluate("scrollTo(0, 0)")
        reader.page.evaluate("(target) => { location.hash = target; }", target)
    inside(reader)
    for _ in range(50):
        if in_view(reader, f"#{target}"):
            break
        reader.page.wait_for_timeout(100)
    assert in_view(reader, f"#{target}")


def test_what_changes_before_the_frame_has_its_script_is_not_lost(
    world: World, reader: Reader
) -> None:
    number = world.say("Ada", "Number one")
    framed(world, "html.dark { background: #111; color: #eee }")
    held: list[Route] = []
    reader.page.route("**/static/frame.js", hold(held))
    reader.page.goto(world.post, wait_until="commit")
    reader.until(lambda: held)
    section = inside(reader).locator("section.comments")
    expect(section).to_have_attribute("data-scheme", "light")
    reader.page.evaluate(f"location.hash = 'comment-{number}'")
    reader.page.evaluate("document.documentElement.className = 'dark'")
    held[0].continue_()
    expect(section).to_have_attribute("data-scheme", "dark")
    focused(inside(reader).locator(f"#comment-{number}"))


@pytest.mark.parametrize("later", [False, True], ids=["opened with it", "clicked later"])
def test_a_moderator_is_led_to_a_tab_of_its_own(world: World, reader: Reader, later: bool) -> None:
    world.say("Bob", "maybe this waits")
    framed(world, "h1 { margin-bottom: 3000px } #below { margin-top: 3000px; display: block }")
    cookie = Moderator(world.app).client.get_cookie(MODERATOR_COOKIE)
    assert cookie is not None
    known = {"name": MODERATOR_COOKIE, "value": cookie.value, "url": world.service}
    reader.context.add_cookies([known])
    reader.page.goto(world.post if later else f"{world.post}#moderate-comments")
    link = reader.page.frame_locator("iframe").get_by_role("link", name="in a tab of its own")
    if later:
        reader.page.locator("iframe").scroll_into_view_if_needed()
        inside(reader)
        expect(link).to_be_hidden()
        reader.page.evaluate("scrollTo(0, 0); location.hash = 'moderate-comments'")
    expect(link).to_be_visible()
    for _ in range(50):
        if in_view(reader, "#moderate-comments"):
            break
        reader.page.wait_for_timeout(100)
    assert in_view(reader, "#moderate-comments")
    with reader.page.context.expect_page() as opened:
        link.click()
    bar = opened.value.locator(".comments-staff")
    expect(bar).to_contain_text("Moderating as Mod")
    expect(opened.value.locator(".comments-one")).to_contain_text("maybe this waits")
    opened.value.close()


def test_frame_is_loaded_for_print(world: World, reader: Reader) -> None:
    world.say("Ruth", "To be printed")
    framed(world, "h1 { margin-bottom: 9000px }")
    reader.page.goto(world.post, wait_until="networkidle")
    assert len(reader.page.frames) == 1 or "frame.html" not in reader.page.frames[1].url
    reader.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(inside(reader).locator(".comments-one")).to_contain_text("To be printed")


@pytest.mark.parametrize("theme", ["dark", "high-contrast", "auto"])
def test_print_is_dark_on_white(world: World, reader: Reader, theme: str) -> None:
    world.say("Ruth", "To be printed")
    world.blog.attributes = {"theme": theme}
    world.blog.head, world.blog.policy = f"<style>{DARK}</style>", STYLED
    reader.open(world.post)
    reader.page.emulate_media(media="print")
    expect(reader.page.locator("section.comments")).to_have_css("color", "rgb(0, 0, 0)")
    expect(reader.page.locator(".comments-respond")).to_be_hidden()


def test_frame_in_a_page_with_an_embedder_policy(
    world: World, reader: Reader, blog_stage: Stage
) -> None:
    world.say("Ruth", "Embedded all the same")
    framed(world)
    blog_stage.adding = {"Cross-Origin-Embedder-Policy": "require-corp"}
    reader.page.goto(world.post)
    expect(inside(reader).locator(".comments-one")).to_contain_text("Embedded all the same")
