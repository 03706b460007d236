"""Every moderation page on a busy site: no violation of WCAG 2.2 AA, nothing cut off.

Each is opened in light and dark, on a 360 px screen, and right to left.
"""

from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, Page, expect

from comment_service.app import create_app, create_site
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
"""Landmark rules do not apply to the blog around the thread."""
NIGHT = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""Rules to repeat in dark mode: only those about colours."""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
TURN = """(direction) => {
  for (const part of document.querySelectorAll("html, section.comments")) part.dir = direction;
}"""
WHOLE, ALIKE = "queue-pending", ".cards > li:nth-child(n + 9)"
"""The look in which every card is checked, and the cards that other looks skip."""
DATA = {"filter.progress", "filter.export"}
"""Endpoints below the moderation pages that are not pages."""


@pytest.fixture(scope="module")
def furnished(
    migrated: Path,
    tmp_path_factory: pytest.TempPathFactory,
    compiled: FileSystemBytecodeCache,
    service_stage: Stage,
    blog_stage: Stage,
) -> Iterator[Furnished]:
    """Return the busy site, created once."""
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
    create_site(app)
    yield Furnished(World(app, service_stage.origin, Blog(blog_stage.origin, service_stage.origin)))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def visits(furnished: Furnished, chromium: Browser) -> Iterator[dict[bool, Visit]]:
    """Return two browsers: an owner's and an anonymous one."""
    found = {known: Visit(furnished, Reader(chromium), known=known) for known in (True, False)}
    yield found
    for visit in found.values():
        visit.reader.leave()


@pytest.fixture
def house(furnished: Furnished, service_stage: Stage, blog_stage: Stage) -> Furnished:
    """Return the busy site on its server."""
    service_stage.app, blog_stage.app = furnished.app, furnished.world.blog.app()
    return furnished


def violations(page: Page, options: dict[str, object], but: str = "") -> list[str]:
    """Return axe's violations, one line per place; ``but`` is excluded."""
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
    page.wait_for_load_state(
        "load"
    )  # wait for everything, including styles: a button's answer may still be loading
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


def test_pages_menu_on_small_screens(house: Furnished, visits: dict[bool, Visit]) -> None:
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
    """Return the endpoint of a URL of the service, "" for the blog's."""
    if not url.startswith(house.world.service):
        return ""
    endpoint, _values = house.app.url_map.bind("").match(urlsplit(url).path, method)
    return str(endpoint)


def test_every_page_is_checked(house: Furnished) -> None:
    pages = {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if rule.rule.startswith("/moderation") and "GET" in (rule.methods or ())
    }
    assert pages - DATA <= {look.endpoint for look in LOOKS}
