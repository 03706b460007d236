"""Every page for moderators on a busy site: no violation of WCAG 2.2 AA, nothing cut off.

Each is opened in light and dark, on a screen of 360 px, and from right to left.
"""

from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, Page, expect

from comment_service.app import create_app, make_site
from comment_service.storage.db.session import db
from tests.browser.comments.test_accessibility import RULES
from tests.browser.page_states import LOOKS, Look, Visit
from tests.browser.populated_site import Furnished
from tests.browser.reader import Reader
from tests.browser.servers import Blog, Stage, World
from tests.fakes import FakeClassifier, FakeClock

pytestmark = pytest.mark.slow

DAY = {"runOnly": {"type": "tag", "values": [*RULES, "best-practice"]}}
BLOG = {"runOnly": {"type": "tag", "values": RULES}}
"""What a blog around the thread does about landmarks is its own affair."""
NIGHT = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""All that the dark may change: the other rules do not look at colours."""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
TURN = """(direction) => {
  for (const part of document.querySelectorAll("html, section.comments")) part.dir = direction;
}"""
WHOLE, ALIKE = "queue-pending", ".cards > li:nth-child(n + 9)"
"""The look at which every card is measured, and the cards that are left out elsewhere."""
DATA = {"owner.progress", "owner.export"}
"""Endpoints below the moderation pages that are no pages."""


@pytest.fixture(scope="module")
def furnished(
    migrated: Path,
    tmp_path_factory: pytest.TempPathFactory,
    compiled: FileSystemBytecodeCache,
    service_stage: Stage,
    blog_stage: Stage,
) -> Iterator[Furnished]:
    """Return the busy site, made once."""
    folder = tmp_path_factory.mktemp("busy")
    path = Path(copy(migrated, folder / "busy.sqlite3"))
    config = {
        "FOLDER": str(folder),
        "ALLOW_VOLATILE": True,
        "DATABASE_URL": f"sqlite:///{path}",
        "SITE_NAME": "A blog",
        "ORIGINS": blog_stage.origin,
        "MIN_SECONDS": 0,
        "RATE_MINUTE": 1000,
        "RATE_HOUR": 1000,
        "PAGE_SIZE": 35,
        "AUTO_MIGRATE": False,
    }
    keys = {f"COMMENTS_{key}": value for key, value in config.items()}
    app = create_app(keys, classifier=FakeClassifier(), clock=FakeClock())
    app.jinja_env.bytecode_cache = compiled
    make_site(app)
    yield Furnished(World(app, service_stage.origin, Blog(blog_stage.origin, service_stage.origin)))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def visits(furnished: Furnished, chromium: Browser) -> Iterator[dict[bool, Visit]]:
    """Return two browsers: of the owner, and of nobody known."""
    found = {known: Visit(furnished, Reader(chromium), known=known) for known in (True, False)}
    yield found
    for visit in found.values():
        visit.reader.leave()


@pytest.fixture
def house(furnished: Furnished, service_stage: Stage, blog_stage: Stage) -> Furnished:
    """Return the busy site where it is served."""
    service_stage.app, blog_stage.app = furnished.app, furnished.world.blog.app()
    return furnished


def violations(page: Page, options: dict[str, object], but: str = "") -> list[str]:
    """Return what axe finds wrong, a line for each place; ``but`` is left out."""
    context = {"exclude": [but]} if but else None
    found = Axe().run(page, context, {**options, "resultTypes": ["violations"]}).response
    assert found["passes"] or found["inapplicable"], "axe looked at nothing"
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_page(look: Look, house: Furnished, visits: dict[bool, Visit]) -> None:
    visit = visits[look.known]
    page = visit.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    look.open(visit)
    page.wait_for_load_state("load")  # styles and all: a button's answer may still be coming in
    assert leads_to(house, page.url, look.method) == look.endpoint
    but = "" if look.name == WHOLE else ALIKE
    report = violations(page, DAY if look.endpoint else BLOG, but)
    page.emulate_media(color_scheme="dark")
    report += [f"dark {line}" for line in violations(page, NIGHT, but)]
    for direction in ("ltr", "rtl"):
        page.evaluate(TURN, direction)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate(WIDER):
                report.append(f"scrolls sideways at {width}, {direction}")
    assert report == []


def test_the_pages_open_on_a_button_where_there_is_no_room(
    house: Furnished, visits: dict[bool, Visit]
) -> None:
    visit = visits[True]
    visit.page.set_viewport_size({"width": 360, "height": 800})
    visit.go("/moderation/rules/")
    pages = visit.page.get_by_role("navigation", name="Menu")
    expect(pages).to_be_hidden()
    for direction in ("ltr", "rtl"):
        visit.page.evaluate(TURN, direction)
        visit.press("Menu")
        expect(pages.get_by_role("link", name="Rules")).to_have_attribute("aria-current", "page")
        assert violations(visit.page, DAY) == []
        assert not visit.page.evaluate(WIDER)
        visit.page.keyboard.press("Escape")
        expect(pages).to_be_hidden()
    visit.press("Menu")
    pages.get_by_role("link", name="Saved replies").click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Saved replies")


def leads_to(house: Furnished, url: str, method: str) -> str:
    """Return the endpoint of an address of the service, "" for the blog's."""
    if not url.startswith(house.world.service):
        return ""
    endpoint, _values = house.app.url_map.bind("").match(urlsplit(url).path, method)
    return str(endpoint)


def test_every_page_is_among_them(house: Furnished) -> None:
    pages = {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if rule.rule.startswith("/moderation") and "GET" in (rule.methods or ())
    }
    assert pages - DATA <= {look.endpoint for look in LOOKS}
