"""A real Chromium, the real app on a real port, and a blog of another origin that embeds it.

Every test ends with the same checks for each browser: an empty console, and requests only to the
blog and the service.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.reader import Reader
from tests.browser.servers import Blog, Stage, World
from tests.conftest import MakeApp, absent

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


Launch = Callable[..., Browser]


@pytest.fixture(scope="package")
def launch() -> Iterator[Launch]:
    """Return a function that starts a browser, with additional arguments.

    All browsers share one Playwright: a second one in the same process refuses to start.
    """
    path = shutil.which("chromium")
    if path is None:
        absent("Chromium is not installed (no `chromium` on the path)")
    expect.set_options(timeout=10_000)
    with sync_playwright() as play:
        yield lambda *more: play.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])


@pytest.fixture(scope="package")
def chromium(launch: Launch) -> Iterator[Browser]:
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def service_stage() -> Iterator[Stage]:
    with Stage("127.0.0.1") as stage:
        yield stage


@pytest.fixture(scope="package")
def blog_stage() -> Iterator[Stage]:
    """Return a port under another host name: another site, not only another origin."""
    with Stage("localhost") as stage:
        yield stage


MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(
    sqlite_url: str, make_app: MakeApp, service_stage: Stage, blog_stage: Stage
) -> MakeWorld:
    """Return what starts the service (``COMMENTS_*`` keys without prefix) and its blog."""

    def make(**keys: Any) -> World:
        app: Flask = make_app(sqlite_url, **{"ORIGINS": blog_stage.origin, **keys})
        blog = Blog(blog_stage.origin, service_stage.origin)
        service_stage.app, blog_stage.app = app, blog.app()
        service_stage.cookies.clear()
        for stage in (service_stage, blog_stage):
            stage.adding = {}
        return World(app, service_stage.origin, blog)

    return make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()


MakeReader = Callable[..., Reader]


@pytest.fixture
def new_reader(
    chromium: Browser, service_stage: Stage, blog_stage: Stage, make_world: MakeWorld
) -> Iterator[MakeReader]:
    """Return a function that creates a reader with a separate browser."""
    readers: list[Reader] = []

    def make(**options: Any) -> Reader:
        readers.append(Reader(chromium, **options))
        return readers[-1]

    yield make
    for reader in readers:
        reader.leave()
    for reader in readers:
        assert reader.troubles == []
        assert set(reader.asked) <= {service_stage.origin, blog_stage.origin}


@pytest.fixture
def reader(new_reader: MakeReader) -> Reader:
    return new_reader()
