"""Cases that need Chromium."""

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Locator, expect, sync_playwright
from werkzeug.wrappers import Response

from tests.browser.comments.test_frames import corner
from tests.browser.conftest import ARGUMENTS
from tests.browser.reader import Reader
from tests.browser.servers import Stage
from tests.deploy.servers import running
from tests.deploy.user_actions import Browser, Walk
from tests.faults.known.addresses_and_names import later_title, one_thread_per_address
from tests.faults.known.service import Result, Service, equal, serving

KEYS = {"COMMENTS_ALLOW_VOLATILE": "1", "COMMENTS_MIN_SECONDS": "0"}


@contextlib.contextmanager
def chromium() -> Iterator[Chromium]:
    """Run a headless Chromium."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("Chromium is not installed (no `chromium` on the path)")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=[*ARGUMENTS])
        yield browser
        browser.close()


@contextlib.contextmanager
def blog(folder: Path, html: str) -> Iterator[tuple[str, Service]]:
    """Serve a page of a blog whose script comes from a running service; yield its URL."""
    with Stage("localhost") as stage, serving(folder, stage.origin) as service:
        page = re.sub(r"http://127\.0\.0\.1:\d+", service.address, html)
        stage.app = Response(page, mimetype="text/html")
        yield f"{stage.origin}/post", service


def links_into_the_thread(case: Path, folder: Path) -> Iterator[Result]:
    """Open a long page with a fragment; the thread, or its form, is on the screen."""
    html = case.read_text(encoding="utf-8")
    with blog(folder, html) as (url, _service), chromium() as browser:
        for name, target in (("comments", ".comments-title"), ("respond", ".comments-respond")):
            reader = Reader(browser)
            reader.open(f"{url}#{name}")
            seen = _comes_into_view(reader, reader.page.locator(target).first)
            yield equal(f"#{name}", "on the screen", seen)
            reader.leave()


def _comes_into_view(reader: Reader, target: Locator) -> str:
    for _ in range(50):
        top = target.evaluate("(one) => one.getBoundingClientRect().top")
        if 0 <= top < reader.page.evaluate("innerHeight"):
            return "on the screen"
        reader.page.wait_for_timeout(100)
    return "elsewhere"


def frame_takes_the_theme(case: Path, folder: Path) -> Iterator[Result]:
    """Look at the frame's corner: dark on a system that is light, and the other way round."""
    dark = case.read_text(encoding="utf-8")
    light = dark.replace('data-theme="dark"', 'data-theme="light"')
    light = re.sub(r'style="background:#111;color:#eee"', 'style="background:#fff"', light)
    pages = [(dark, "light", (0x11, 0x11, 0x11)), (light, "dark", (0xFF, 0xFF, 0xFF))]
    for number, (html, system, colour) in enumerate(pages):
        place = folder / str(number)
        place.mkdir()
        with blog(place, html) as (url, _service), chromium() as browser:
            reader = Reader(browser, color_scheme=system)
            reader.page.goto(url)
            frame = reader.page.frame_locator("iframe")
            expect(frame.locator(".comments-title").first).to_be_visible()
            yield equal(f"corner of the frame, system {system}", colour, corner(reader))
            reader.leave()


def two_threads_of_a_host(case: Path, folder: Path) -> Iterator[Result]:
    """Use the second of two threads on one page of a Flask host."""
    source = case.read_text(encoding="utf-8")
    with running("waitress", folder, KEYS, source) as address, chromium() as browser:
        reader = Reader(browser)
        reader.page.goto(f"{address}/two")
        second = reader.page.locator("comment-thread").nth(1)
        second.get_by_text("Comment", exact=True).click()
        field = second.get_by_label("Comment", exact=True)
        focus = field.evaluate("(one) => one.getRootNode().activeElement === one")
        yield equal("the label “Comment” of the second thread focuses", True, focus)
        second.locator(".comments-head").get_by_role("button", name="Like").click()
        expect(second.locator(".comments-head")).to_contain_text("1 person likes this")
        walk = Walk(f"{address}/comments", address, str, lambda _address: "")
        for path, liked in (("/a", False), ("/b", True)):
            page = Browser(walk, "").get("/thread", url=address + path).text
            yield equal(f"{path} has a like", liked, "1 person likes this" in page)
        reader.leave()


LIST = """
import tempfile
from flask import Flask, render_template_string
from comment_service import CommentService
app = Flask(__name__, instance_path=tempfile.mkdtemp()); app.secret_key = "x" * 32
CommentService(app)
@app.get("/post/<name>")
def post(name):
    return render_template_string("<title>p</title>{{ comments(title=name) }}", name=name)
@app.get("/list")
def posts():
    return '''<!doctype html><html lang="en"><title>List</title>
<a href="/post/Größe" data-comments-count>Comments</a>
<script src="/comments/embed.js" data-site="default" data-mount="none" async></script>'''
"""
"""A host as the case describes it: a route with a name, and a list with the number of comments."""


def spellings(case: Path, folder: Path) -> Iterator[Result]:
    """Count under other spellings, and in the list of a Flask host."""
    yield from one_thread_per_address(case, folder)
    place = folder / "host"
    place.mkdir()
    with running("waitress", place, KEYS, LIST) as address, chromium() as browser:
        reader = Reader(browser)
        reader.open(f"{address}/post/Größe")
        reader.say("On a post with a name of its own")
        reader.page.goto(f"{address}/list")
        link = reader.page.get_by_role("link")
        with contextlib.suppress(AssertionError):
            expect(link).not_to_have_text("Comments")
        yield equal("list page of a host", "1 comment", link.inner_text())
        reader.leave()


SPA = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{old}</title><body><script>
const script = document.createElement("script");
script.src = "http://127.0.0.1:1/embed.js"; script.dataset.site = "default"; script.async = true;
document.body.append(script);
setTimeout(() => {{ document.title = "{new}"; }}, 0);
</script>"""


def title_of_a_route(case: Path, folder: Path) -> Iterator[Result]:
    """Correct a title by a comment, and right after the script was inserted."""
    yield from later_title(case, folder)
    place = folder / "spa"
    place.mkdir()
    html = SPA.format(old="Route before", new="Route after")
    with blog(place, html) as (url, service), chromium() as browser:
        reader = Reader(browser)
        reader.open(url)
        reader.say("Written on the route after")
        page = service.reader().get("/thread", url=url, title="").text
        shown = next((word for word in ("Route before", "Route after") if word in page), "neither")
        yield equal("title set 0 ms after the script", "Route after", shown)
        reader.leave()


PLAIN = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>A post</title><body>'
    '<script src="http://127.0.0.1:1/embed.js" data-site="default" async></script>'
)


def remembered_only_if_asked(_case: Path, folder: Path) -> Iterator[Result]:
    """Post without and with the box; then let the next person clear what is kept."""
    with blog(folder, PLAIN) as (url, service), chromium() as browser:
        reader = Reader(browser)
        reader.open(url)
        reader.write("The first comment", "Ada Secret")
        box = reader.page.get_by_label("Save my name and address in this browser")
        yield equal("the box is ticked at first", False, box.is_checked())
        reader.send_button.click()
        expect(reader.comment("The first comment")).to_be_visible()
        yield equal("kept without the box", False, "Ada Secret" in reader.stored())
        box.check()
        reader.say("The second comment", "Ada Secret")
        yield equal("kept with the box", True, "Ada Secret" in reader.stored())
        box.uncheck()
        yield equal("kept after it was cleared", False, "Ada Secret" in reader.stored())
        owner = service.owner()
        owner.send(owner.get("/moderation/rules/"), "/rules/$", privacy_notice="y")
        reader.reload()
        notice = reader.page.get_by_label("I have read the privacy notice")
        yield equal("a box for the privacy notice, ticked at first", False, notice.is_checked())
        notice.check()
        reader.say("The third comment", "Ada Secret")
        yield equal(
            "told to the owner", True, "privacy notice read" in owner.get("/moderation/all").text
        )
        reader.leave()
