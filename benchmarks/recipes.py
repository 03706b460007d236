"""Build a site with each recipe of ``docs/recipes.md`` and comment on it.

    python benchmarks/recipes.py [SECTION …] [--shots FOLDER]

Takes the exact lines of the docs, builds a small site with the real generator (from PyPI or npm,
into a temporary folder), serves it under its own origin, opens it in Chromium, posts a comment and
reads the count in the list. Reports generators that could not be installed. Needs Chromium.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep
from urllib.request import urlopen

from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.recipe_sites import BUILT, FLASK, RECIPES, Recipe
from benchmarks.widget_stage import chromium
from comment_service.app import create_app
from comment_service.cli.serve import free_port
from tests.browser.servers import Stage
from tests.fakes import FakeClassifier
from tests.people import Guest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "recipes.md"
WAIT_SECONDS = 600
EASY = {"COMMENTS_ALLOW_VOLATILE": "1", "COMMENTS_MIN_SECONDS": "0"}
"""Settings for a temporary folder, without a minimum writing time."""


class MissingError(Exception):
    """A generator that is not available here."""


class Quiet(SimpleHTTPRequestHandler):
    """A static file server without a log."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def blocks(section: str, service: str, blog: str) -> list[str]:
    """Return the code blocks in a section of the docs, with the URLs of this run."""
    text = DOCS.read_text("utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    text = text.replace("https://comments.example", service).replace("https://blog.example", blog)
    return re.findall(r"^```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def write(recipe: Recipe, folder: Path, service: str, blog: str, fetched: str = "") -> None:
    """Write a recipe's site into a folder."""
    code = blocks(recipe.section, service, blog)
    for name, body in recipe.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made = body.replace("BLOG", blog).replace("FETCHED", fetched)
        path.write_text(re.sub(r"\[\[(\d)\]\]", lambda m: code[int(m[1]) - 1], made), "utf-8")


def ran(*command: str, cwd: Path, **variables: str) -> str:
    """Run a command; return its output.

    Raises:
        MissingError: it failed.
    """
    process = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False,
        env={**os.environ, "ASTRO_TELEMETRY_DISABLED": "1", **variables},
    )  # fmt: skip
    if process.returncode:
        raise MissingError(f"{command[0]}: {(process.stderr or process.stdout).strip()[-300:]}")
    return process.stdout


def installed(recipe: Recipe, tools: Path) -> Path:
    """Install a generator; return the folder of its commands.

    Raises:
        MissingError: its registry does not have it.
    """
    if recipe.registry == "PyPI":
        if not (tools / "bin").exists():
            ran(sys.executable, "-m", "venv", str(tools), cwd=tools.parent)
        ran(str(tools / "bin" / "pip"), "install", "-q", *recipe.needs, cwd=tools)
        return tools / "bin"
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("npm is not installed")
    folder = tools.parent / re.sub(r"\W", "", recipe.needs[0])
    folder.mkdir()
    (folder / "package.json").write_text('{"type": "module"}')
    ran(npm, "install", "--silent", "--no-fund", "--no-audit", *recipe.needs, cwd=folder)
    return folder / "node_modules" / ".bin"


def built(recipe: Recipe, folder: Path, tools: Path) -> None:
    """Build a site with its generator; npm modules are found in a parent folder."""
    if recipe.build:
        bin_ = installed(recipe, tools)
        if recipe.registry == "npm":
            (folder / "node_modules").symlink_to(bin_.parent)
            (folder / "package.json").write_text('{"type": "module"}')
        ran(str(bin_ / recipe.build[0]), *recipe.build[1:], cwd=folder)


@contextmanager
def served(folder: Path, port: int) -> Iterator[None]:
    """Serve a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()


@contextmanager
def running(folder: Path, port: int) -> Iterator[None]:
    """Run the Flask app of a folder."""
    keys = {"COMMENTS_FOLDER": str(folder / "kept"), **EASY}
    command = [sys.executable, "-m", "flask", "--app", "app", "run", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), **keys},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(150):
            try:
                urlopen(f"http://localhost:{port}/comments/health", timeout=5).close()
                break
            except OSError:
                sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(10)


def tried(browser: Browser, blog: str, recipe: Recipe, shots: Path | None) -> str:
    """Read, comment and count as a reader; return what was observed."""
    page = browser.new_page()
    page.goto(blog + recipe.post)
    expect(page.locator(".comments-title")).to_be_visible()
    page.locator("#comments-text").fill("This came through the recipe.")
    page.locator("#comments-name").fill("Ada")
    page.locator(".comments-send button").click()
    expect(page.locator(".comments-one", has_text="came through the recipe")).to_be_visible()
    if shots:
        page.screenshot(path=shots / f"{recipe.section.split()[0]}.png", full_page=True)
    seen = "its comment was in the page already"
    if recipe is not BUILT:
        page.goto(blog + "/")
        counted = page.locator("[data-comments-count]").first
        expect(counted).to_have_text(re.compile(r"^\d+ comments?$"))
        seen = f"the list says “{counted.inner_text()}”"
    page.close()
    return seen


def fetch(folder: Path, app: Flask, service: str, blog: str) -> str:
    """Run the docs' curl command twice on a thread with a comment; return the file that it wrote.

    Raises:
        MissingError: the comment is missing, or the second run damaged the file.
    """
    Guest(app).say("Said before the build", url=f"{blog}{BUILT.post}")
    (folder / "first.etag").touch()
    command = blocks(BUILT.section, service, blog)[0]
    kept = folder / "first.comments.html"
    ran("sh", "-ec", command, cwd=folder)
    first, when = kept.read_text("utf-8"), kept.stat().st_mtime_ns
    ran("sh", "-ec", command, cwd=folder)
    if "Said before the build" not in first or kept.stat().st_mtime_ns != when:
        raise MissingError("curl did not get the comment, or did not keep what had not changed")
    return first


def attempt(recipe: Recipe, home: Path, act: Callable[[Path], str]) -> None:
    """Try one recipe and print the result."""
    folder = home / re.sub(r"\W", "", recipe.section)
    folder.mkdir()
    try:
        print(f"{recipe.section:30} works; {act(folder)}", flush=True)
    except MissingError as problem:
        print(f"{recipe.section:30} not tried: {problem}", flush=True)


def main() -> None:
    """Try all recipes, or the given ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("section", nargs="*", help="by default all of them")
    parser.add_argument("--shots", type=Path, help="a folder for pictures")
    options = parser.parse_args()
    every = (*RECIPES, BUILT)
    wanted = [one for one in every if one.section in options.section or not options.section]
    ports = [free_port("127.0.0.1") for _ in wanted]
    expect.set_options(timeout=30_000)
    with tempfile.TemporaryDirectory() as home, Stage("127.0.0.1") as stage:
        app = service(Path(home), [f"http://localhost:{port}" for port in ports])
        stage.app = app
        with sync_playwright() as play:
            browser = chromium(play)
            for one, port in zip(wanted, ports, strict=True):

                def act(folder: Path, one: Recipe = one, port: int = port) -> str:
                    blog = f"http://localhost:{port}"
                    fetched = fetch(folder, app, stage.origin, blog) if one is BUILT else ""
                    write(one, folder, stage.origin, blog, fetched)
                    built(one, folder, Path(home) / "tools")
                    with opened(one, folder, port):
                        return tried(browser, blog, one, options.shots)

                attempt(one, Path(home), act)
            browser.close()


def opened(recipe: Recipe, folder: Path, port: int) -> AbstractContextManager[None]:
    """Return a context manager that serves a site."""
    return running(folder, port) if recipe is FLASK else served(folder / recipe.out, port)


def service(home: Path, origins: list[str]) -> Flask:
    """Return the service that all sites use."""
    config = {"COMMENTS_FOLDER": str(home / "kept"), "COMMENTS_ORIGINS": origins, **EASY}
    return create_app(config, classifier=FakeClassifier())


if __name__ == "__main__":
    main()
