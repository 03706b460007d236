"""Every moderation page on a busy site: no violation of WCAG 2.2 AA, nothing cut off.

Each is opened in light and dark, at 400 % zoom (320 px), and right to left.
"""

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.comments.test_accessibility import RULES
from tests.browser.page_states import LOOKS, Look, Visit
from tests.browser.populated_site import Furnished
from tests.browser.reader import Reader

pytestmark = pytest.mark.slow

DAY = {"runOnly": {"type": "tag", "values": [*RULES, "best-practice"]}}
BLOG = {"runOnly": {"type": "tag", "values": RULES}}
"""Landmark rules do not apply to the blog around the thread."""
NIGHT = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""Rules to repeat in dark mode: only those about colours."""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
COPIES = """[...document.querySelectorAll("[data-copy]")]
  .every((button) => button.checkVisibility() && document.getElementById(button.dataset.copy))"""
"""True if every button to copy is there and has something to copy."""
TURN = """(direction) => {
  for (const part of document.querySelectorAll("html, section.comments")) part.dir = direction;
}"""
WHOLE, ALIKE = "queue-pending", ".cards > li:nth-child(n + 9)"
"""The look in which every card is checked, and the cards that other looks skip."""
CONTRASTED = {
    "queue-pending", "comment", "batch-half", "first-steps", "sites", "rules", "blocklists", "page",
    "model", "doctor", "import", "week", "check", "people", "here", "webhooks", "sign-in",
}  # fmt: skip
"""Looks that are repeated in high contrast: one of each layout."""
DATA = {
    "filter.progress", "filter.export", "export.download", "person.download", "imports.progress",
    "first_steps.found",
}  # fmt: skip
"""Endpoints below the moderation pages that are not pages."""


@pytest.fixture(scope="module")
def visits(furnished: Furnished, chromium: Browser) -> Iterator[dict[bool, Visit]]:
    """Return two browsers: an owner's and an anonymous one."""
    found = {known: Visit(furnished, Reader(chromium), known=known) for known in (True, False)}
    yield found
    for visit in found.values():
        visit.reader.leave()


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
    assert page.evaluate(COPIES)
    but = "" if look.name == WHOLE else ALIKE
    report = violations(page, DAY if look.endpoint else BLOG, but)
    page.emulate_media(color_scheme="dark")
    report += [f"dark {line}" for line in violations(page, NIGHT, but)]
    for direction in ("ltr", "rtl"):
        page.evaluate(TURN, direction)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate(WIDER):
                report.append(f"scrolls sideways at {width}, {direction}")
    assert report == []


@pytest.mark.parametrize(
    "look", [look for look in LOOKS if look.name in CONTRASTED], ids=lambda look: look.name
)
def test_a_page_in_high_contrast(look: Look, house: Furnished, visits: dict[bool, Visit]) -> None:
    visit = visits[look.known]
    visit.page.set_viewport_size({"width": 1280, "height": 800})
    visit.page.emulate_media(color_scheme="light", forced_colors="active")
    look.open(visit)
    visit.page.wait_for_load_state("load")
    report = violations(visit.page, DAY if look.endpoint else BLOG, ALIKE)
    visit.page.emulate_media(forced_colors="none")
    assert report == []


@pytest.mark.parametrize(("width", "rows"), [(360, 2), (800, 2), (1200, 2), (1366, 1), (1600, 1)])
def test_the_frame_takes_few_rows(
    house: Furnished, visits: dict[bool, Visit], width: int, rows: int
) -> None:
    visit = visits[True]
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.go("/moderation/rules/")
    tops = visit.page.evaluate(
        "[...document.querySelectorAll('.top :is(a, summary, button)')]"
        ".filter((node) => node.checkVisibility() && !node.closest('.menu > ul'))"
        ".map((node) => node.getBoundingClientRect()).map(({ top, height }) => top + height / 2)"
    )
    middles = sorted(tops)
    breaks = [b for a, b in pairwise(middles) if b - a > 12]
    assert len(breaks) + 1 == rows


@pytest.mark.parametrize("width", [640, 1000, 1280, 1600])
def test_the_focus_goes_along_the_rows_of_the_frame(
    house: Furnished, visits: dict[bool, Visit], width: int
) -> None:
    visit = visits[True]
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.go("/moderation/rules/")
    places = visit.page.evaluate(
        "[...document.querySelectorAll('.top :is(a, summary, button)')]"
        ".filter((node) => node.checkVisibility() && !node.closest('.menu > ul'))"
        ".map((node) => node.getBoundingClientRect())"
        ".map(({ top, height, left }) => [top + height / 2, left])"
    )
    for (row, left), (next_row, next_left) in pairwise(places):
        assert next_row > row + 12 or (abs(next_row - row) <= 12 and next_left > left)


def test_the_rules_are_seen_at_a_glance(house: Furnished, visits: dict[bool, Visit]) -> None:
    visit = visits[True]
    visit.page.set_viewport_size({"width": 1200, "height": 800})
    visit.go("/moderation/rules/")
    assert visit.page.evaluate("document.documentElement.scrollHeight") < 1400


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


@pytest.mark.parametrize("width", [760, 1000, 1200, 1600])
def test_menus_open_inside_the_window(
    house: Furnished, visits: dict[bool, Visit], width: int
) -> None:
    page = visits[True].page
    page.set_viewport_size({"width": width, "height": 800})
    visits[True].go("/moderation/rules/")
    for direction in ("ltr", "rtl"):
        page.evaluate(TURN, direction)
        for menu in page.locator(".menu").all():
            menu.locator("summary").click()
            box = menu.locator("ul").bounding_box()
            assert box is not None
            assert box["x"] >= 0, (direction, menu.inner_text())
            assert box["x"] + box["width"] <= width, (direction, menu.inner_text())
            menu.locator("summary").click()


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
