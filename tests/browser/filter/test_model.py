"""The filter page in a real browser: slider, disagreements, training, activation, rollback."""

import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Locator, expect

from comment_service.app import create_app, prepare
from comment_service.notify import worker
from comment_service.storage.db.session import db
from comment_service.web.http.viewer import MODERATOR_COOKIE
from tests import many_readers
from tests.browser.comments.test_accessibility import check
from tests.browser.conftest import MakeReader, MakeWorld
from tests.browser.reader import Reader
from tests.browser.servers import World
from tests.fakes import FakeClassifier, FakeClock
from tests.people import Moderator

pytestmark = pytest.mark.slow

MANY = 20_000
TRAINED = 120_000
"""Maximum duration of a training in milliseconds; its progress must be visible."""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


class Owner:
    """An owner's browser on the filter page."""

    def __init__(self, world: World, reader: Reader) -> None:
        self.world = world
        self.reader = reader
        self.page = reader.page
        cookie = Moderator(world.app).client.get_cookie(MODERATOR_COOKIE)
        assert cookie is not None
        known = {"name": MODERATOR_COOKIE, "value": cookie.value, "url": world.service}
        reader.context.add_cookies([known])  # type: ignore[list-item]
        self.open()

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.world.service}/moderation/model/{path}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        self.open_details()

    def open_details(self) -> None:
        """Open what is closed at first, if this page has it."""
        closed = self.page.locator("#details:not([open]) > summary")
        if closed.count():
            closed.click()

    def press(self, button: str) -> None:
        self.open_details()
        self.page.get_by_role("button", name=button).first.click()
        self.page.wait_for_load_state()
        self.open_details()

    @property
    def judge(self) -> Locator:
        """Return the active version in the list of versions."""
        return self.page.locator(".rows li", has=self.page.locator('[data-status="active"]'))

    def figures(self) -> list[str]:
        """Return the slider's figures with their ranges, and the position of the dot."""
        shown = [f"#figure-{n}" for n in (1, 2, 3)] + [f"#between-{n}" for n in (1, 2, 3)] + ["#at"]
        dot = self.page.locator("#dot").get_attribute("d") or ""
        return [*(self.page.locator(one).inner_text() for one in shown), dot]


def work(app: Flask) -> threading.Thread:
    """Run the worker once for all due rows."""

    def deliver() -> None:
        with app.app_context():
            worker.deliver_due(app.extensions["comments"])
            db.session.remove()

    thread = threading.Thread(target=deliver)
    thread.start()
    return thread


@pytest.fixture(scope="module")
def crowd_file(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with very many decided comments, to be copied."""
    folder = tmp_path_factory.mktemp("crowd")
    path = Path(shutil.copy(migrated, folder / "many_readers.sqlite3"))
    config = {"FOLDER": str(folder), "DATABASE_URL": f"sqlite:///{path}", "ALLOW_VOLATILE": True}
    prefixed = {f"COMMENTS_{key}": value for key, value in config.items()}
    app = create_app(prefixed, classifier=FakeClassifier(), clock=FakeClock())
    prepare(app)
    many_readers.fill(app, MANY)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return path


@pytest.fixture
def crowded(crowd_file: Path, sqlite_url: str, make_world: MakeWorld) -> Callable[..., World]:
    """Return a function that creates a world with very many decided comments."""
    shutil.copy(crowd_file, sqlite_url.removeprefix("sqlite:///"))
    return make_world


@pytest.fixture
def small(make_world: MakeWorld) -> World:
    """Return a world with enough decided comments to train and compare models."""
    world = make_world(real_model=True)
    many_readers.fill(world.app, 400)
    return world


def test_slider_by_keyboard(crowded: Callable[..., World], reader: Reader) -> None:
    owner = Owner(crowded(), reader)
    expect(owner.page.locator("#what-if")).to_contain_text("Now held for review from 50% spam.")
    expect(owner.page.locator("#few")).to_have_count(0)
    slider = owner.page.get_by_role("slider", name="Review from")
    expect(slider).to_have_attribute("aria-valuetext", "50%")
    asked = len(reader.asked)
    seen = [owner.figures()]
    slider.focus()
    for key, value in (("ArrowRight", "50.5%"), ("PageUp", None), ("Home", "0%"), ("End", "99.5%")):
        slider.press(key)
        seen.append(owner.figures())
        assert seen[-1] != seen[-2], f"{key} changes figures and curve"
        assert seen[-1][-1] != seen[-2][-1], f"{key} moves the dot"
        if value:
            expect(slider).to_have_attribute("aria-valuetext", value)
            expect(owner.page.locator("#at")).to_have_text(value)
    assert len(reader.asked) == asked, "no move asks the server"
    assert seen[3][0] == "6,000", "all of 16,000 honest comments in 80 days, a month"
    assert seen[3][1] == "0", "and no spam let through"


def test_table_rows_match_slider_points(crowded: Callable[..., World], reader: Reader) -> None:
    owner = Owner(crowded(), reader)
    table = owner.page.locator("table", has_text="The lowest threshold")
    row = table.locator("tbody tr").last
    threshold = row.locator("th").inner_text()
    told = [cell.split()[0] for cell in row.locator("td").all_inner_texts()[:3]]
    slider = owner.page.get_by_role("slider")
    slider.fill(str(round(float(threshold.rstrip("%")) * 2)))
    expect(owner.page.locator("#at")).to_have_text(threshold)
    assert owner.figures()[:3] == told


def test_disagreements_and_cells_are_paged(crowded: Callable[..., World], reader: Reader) -> None:
    world = crowded()
    many_readers.candidate(world.app, "site-default-1", flips=60)
    owner = Owner(world, reader)
    expect(owner.page.get_by_text("it would have judged 60 differently")).to_be_visible()
    owner.page.get_by_role("link", name="See them").click()
    rows = owner.page.locator("#flips > li")
    for number in (25, 25, 10):
        expect(rows).to_have_count(number)
        if number == 25:
            owner.page.get_by_role("link", name="Older comments").click()
    expect(owner.page.get_by_role("link", name="Older comments")).to_have_count(0)
    owner.open()
    cells = owner.page.locator("table.cells")
    cells.get_by_role("row", name="published").get_by_role("link").nth(1).click()
    expect(owner.page.get_by_role("heading", level=1)).to_contain_text("now “spam”")
    first = owner.page.locator(".rows > li").first.inner_text()
    owner.page.get_by_role("link", name="Older comments").click()
    expect(owner.page.locator(".rows > li").first).not_to_have_text(first)


@pytest.mark.long
def test_training_progress_with_many_labels(crowded: Callable[..., World], reader: Reader) -> None:
    world = crowded(real_model=True)
    owner = Owner(world, reader)
    expect(owner.judge).to_contain_text("shipped")
    owner.press("Retrain now")
    expect(owner.page.locator("#step")).to_have_text("waiting for the worker")
    expect(owner.page.get_by_role("button", name="Retrain now")).to_be_disabled()
    training = work(world.app)
    expect(owner.page.locator("#step")).to_have_text(re.compile("reading|fitting"))
    expect(owner.page.locator("#done")).to_have_attribute("value", re.compile(r"\d+"))
    expect(owner.page.locator("#progress")).to_have_count(0, timeout=TRAINED)
    owner.open_details()
    training.join(10)
    expect(owner.judge).to_contain_text("Promoted: it costs")
    made = owner.judge.locator("a").inner_text()
    switch_and_back(owner, made)


def switch_and_back(owner: Owner, made: str) -> None:
    """Roll back an activated version, activate it, roll back again; check the page."""
    expect(owner.judge.locator("a")).to_have_text(made)
    owner.press("Roll back to shipped")
    expect(owner.judge.locator("a")).to_have_text("shipped")
    owner.press(f"Promote {made}")
    expect(owner.judge.locator("a")).to_have_text(made)
    expect(owner.page.get_by_role("link", name=made).first).to_be_visible()
    owner.press("Roll back to shipped")
    expect(owner.judge.locator("a")).to_have_text("shipped")
    log = owner.page.locator("section", has=owner.page.locator("#versions-title"))
    expect(log).to_contain_text(f"rollback of {made}")


def test_filter_page_without_script(small: World, new_reader: MakeReader) -> None:
    owner = Owner(small, new_reader(java_script_enabled=False))
    expect(owner.page.get_by_role("slider")).to_have_count(0)
    expect(owner.page.locator("#figure-1")).not_to_be_empty()
    expect(owner.page.locator("table", has_text="The lowest threshold")).to_be_visible()
    owner.press("Retrain now")
    expect(owner.page.get_by_text("Training… waiting for the worker")).to_be_visible()
    work(small.app).join(TRAINED / 1000)
    owner.page.get_by_role("link", name="Show progress").click()
    expect(owner.page.locator("#progress")).to_have_count(0)
    owner.open_details()
    made = owner.page.locator(".rows a", has_text="site-default-").first.inner_text()
    if owner.judge.locator("a").inner_text() == "shipped":
        owner.press(f"Promote {made}")
    switch_and_back(owner, made)


def test_source_is_retracted_and_restored(small: World, new_reader: MakeReader) -> None:
    owner = Owner(small, new_reader(java_script_enabled=False))
    expect(owner.page.get_by_text("400 labels, of which 400 count")).to_be_visible()
    owner.press("Remove Robin, decision")
    expect(owner.page.get_by_text("400 labels, of which 0 count; 400 removed")).to_be_visible()
    expect(owner.page.get_by_role("button", name="Retrain now")).to_be_disabled()
    owner.press("Restore Robin, decision")
    expect(owner.page.get_by_text("400 labels, of which 400 count")).to_be_visible()
    expect(owner.page.get_by_text("Restored by Mod")).to_be_visible()


PAGES = ("", "versions/shipped", "versions/site-default-1", "versions", "switches", "sources",
         "forgotten", "cells/published/spam", "cells/rejected/spam")  # fmt: skip


@pytest.mark.parametrize("number", [0, 400])
def test_every_page_is_accessible_and_fits_a_small_screen(
    make_world: MakeWorld, reader: Reader, number: int
) -> None:
    world = make_world(real_model=True)
    many_readers.fill(world.app, number)
    many_readers.candidate(world.app, "site-default-1", flips=min(number, 9))
    owner = Owner(world, reader)
    if number:
        owner.press("Remove Robin, decision")
        owner.press("Promote site-default-1")
        owner.press("Roll back to shipped")
    for path in PAGES:
        owner.open(path)
        for closed in owner.page.locator("main details:not([open]) > summary").all():
            closed.evaluate("(node) => { node.parentElement.open = true }")
        check(reader)
        for width in (360, 320):
            reader.page.set_viewport_size({"width": width, "height": 700})
            for direction in ("ltr", "rtl"):
                owner.page.locator("html").evaluate("(node, dir) => { node.dir = dir }", direction)
                assert not owner.page.evaluate(WIDER), (
                    f"{path or 'the page'} at {width}, {direction}"
                )
        check(reader)
        reader.page.set_viewport_size({"width": 1280, "height": 800})
