"""Several threads in one document: every id, label and form belongs to its own thread."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, render_template_string
from playwright.sync_api import Locator, expect

from comment_service import CommentService
from tests.browser.conftest import MakeReader
from tests.browser.reader import Reader, focused
from tests.browser.servers import Stage
from tests.fakes import FakeClassifier
from tests.people import Guest, ruled

DUPLICATES = """() => {
  const found = (root) => [...root.querySelectorAll("[id]")].map((node) => node.id);
  const ids = found(document);
  return ids.filter((id, n) => ids.indexOf(id) !== n);
}"""
DANGLING = """() => {
  const names = ["for", "form", "aria-labelledby", "aria-describedby"];
  const thread = (node) => node?.closest("comment-thread");
  const strays = (node) => names
    .flatMap((name) => (node.getAttribute(name) ?? "").split(" ").filter(Boolean))
    .filter((id) => thread(document.getElementById(id)) !== thread(node));
  return [...document.querySelectorAll("comment-thread *")].flatMap(strays);
}"""


class Host:
    """A Flask host whose pages show several threads."""

    def __init__(self, tmp_path: Path, stage: Stage) -> None:
        self.origin = stage.origin
        self.app = Flask("host", instance_path=str(tmp_path / "host"), static_folder=None)
        keys = {"ALLOW_VOLATILE": True, "WORKER": False, "MIN_SECONDS": 0, "ORIGINS": self.origin}
        self.app.config.update({f"COMMENTS_{key}": value for key, value in keys.items()})
        self.body = ""

        @self.app.get("/favicon.ico")
        def favicon() -> Response:
            return Response(status=204)

        @self.app.get("/many")
        def many() -> str:
            page = f"<!doctype html><html lang=en><title>Many</title>{self.body}"
            return render_template_string(page)

        self.service = CommentService().init_app(self.app, classifier=FakeClassifier())
        stage.app = self.app
        self.app.test_client().get(f"{self.show('/a').removeprefix(self.origin)}")
        ruled(self.service, reactions="👍", burst_comments=0)

    def show(self, *pages: str) -> str:
        """Show the threads of these pages on one page; return its URL."""
        self.body = "<hr>".join(f'{{{{ comments(page="{p}", title="{p}") }}}}' for p in pages)
        return f"{self.origin}/many"

    def guest(self, page: str, name: str = "Ruth") -> Guest:
        guest = Guest(self.service, name)
        guest.page = {"site": "default", "url": f"{self.origin}{page}", "title": page}
        return guest

    def say(self, page: str, text: str) -> int:
        answer = self.guest(page).say(text)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return int(answer.get_json()["id"])


@pytest.fixture
def host(tmp_path: Path, blog_stage: Stage) -> Host:
    return Host(tmp_path, blog_stage)


def threads(reader: Reader) -> list[Locator]:
    return reader.page.locator("comment-thread").all()


def whole(reader: Reader) -> None:
    """Check that no id is there twice, and that no reference leads to another thread."""
    assert reader.page.evaluate(DUPLICATES) == []
    assert reader.page.evaluate(DANGLING) == []


PAGES = [("/a", "/b"), ("/a", "/b", "/c"), ("/a", "/b", "/b")]


@pytest.mark.parametrize("pages", PAGES, ids=" ".join)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_ids_are_unique(
    host: Host, new_reader: MakeReader, pages: tuple[str, ...], script: bool
) -> None:
    for page in dict.fromkeys(pages):
        host.say(page, f"On {page}")
    reader = new_reader(java_script_enabled=script)
    reader.open(host.show(*pages))
    for thread, page in zip(threads(reader), pages, strict=True):
        if script or pages.count(page) == 1:
            expect(thread.locator(".comments-one")).to_contain_text(f"On {page}")
    reader.page.wait_for_load_state("networkidle")
    whole(reader)


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_each_thread_writes_to_its_own_page(
    host: Host, new_reader: MakeReader, n: int, script: bool
) -> None:
    pages = ("/a", "/b", "/c")
    for page in pages:
        host.say(page, f"On {page}")
    reader = new_reader(java_script_enabled=script)
    url = host.show(*pages)

    def mine(act: Callable[[Locator], None]) -> None:
        reader.open(url)
        act(threads(reader)[n])
        reader.page.wait_for_load_state("networkidle")
        if script:
            whole(reader)

    def post(thread: Locator) -> None:
        thread.get_by_text("Comment", exact=True).click()
        field = thread.get_by_label("Comment", exact=True)
        focused(field)
        reader.page.keyboard.type("Mine")
        thread.get_by_label("Name", exact=True).fill("Ada")
        thread.get_by_role("button", name="Post comment").click()
        expect(reader.comment("Mine").first).to_be_visible()

    def like_post(thread: Locator) -> None:
        thread.locator(".comments-head").get_by_role("button", name="Like").click()
        expect(reader.page.get_by_text("1 person likes this").first).to_be_visible()

    def like(thread: Locator) -> None:
        one = thread.locator(".comments-one", has_text=f"On {pages[n]}")
        one.get_by_role("button", name="Like").click()
        expect(reader.page.get_by_text("Liked by 1 person").first).to_be_visible()

    def react(thread: Locator) -> None:
        one = thread.locator(".comments-one", has_text=f"On {pages[n]}")
        one.get_by_role("button", name="Thumbs").click()
        expect(reader.page.locator(".comments-number").get_by_text("1").first).to_be_visible()

    def reply(thread: Locator) -> None:
        one = thread.locator(".comments-one", has_text=f"On {pages[n]}")
        one.get_by_role("link", name="Reply").click()
        here = thread if script else reader.page.locator("comment-thread")
        expect(here.get_by_role("link", name="Cancel reply")).to_be_visible()
        here.get_by_label("Comment", exact=True).fill("My answer")
        here.get_by_label("Name", exact=True).fill("Ada")
        here.get_by_role("button", name="Post comment").click()
        expect(reader.comment("My answer").first).to_be_visible()

    def report(thread: Locator) -> None:
        one = thread.locator(".comments-one", has_text=f"On {pages[n]}")
        one.get_by_role("link", name="Report").click()
        reader.page.get_by_label("off-topic").check()
        reader.page.get_by_role("button", name="Report", exact=True).last.click()
        expect(reader.page.get_by_text("Thank you").first).to_be_visible()

    for act in (post, like_post, like, react, reply, report):
        mine(act)
    for number, page in enumerate(pages):
        told = host.guest(page, "Nobody").thread()
        there = number == n
        for words in ("Mine", "My answer", "1 person likes this", "Liked by 1 person"):
            assert (f">{words}<" in told or f"<p>{words}</p>" in told) is there, (page, words)
        assert ('aria-label="Thumbs up: 1"' in told) is there


def test_new_markup_gets_the_ids_of_its_thread(host: Host, reader: Reader) -> None:
    for page in ("/a", "/b"):
        for n in range(3):
            host.say(page, f"{page} number {n}")
    reader.open(host.show("/a", "/b"))
    second = threads(reader)[1]
    second.get_by_role("link", name="Newest first").click()
    expect(second.locator(".comments-one").first).to_contain_text("/b number 2")
    whole(reader)
    second.get_by_label("Comment", exact=True).fill("Posted and then liked")
    second.get_by_label("Name", exact=True).fill("Ada")
    second.get_by_role("button", name="Post comment").click()
    one = second.locator(".comments-one", has_text="Posted and then liked")
    one.get_by_role("button", name="Like").click()
    expect(one).to_contain_text("Liked by 1 person")
    one.get_by_role("link", name="Edit").click()
    expect(one.get_by_role("textbox")).to_be_focused()
    whole(reader)
    assert "Liked by 1 person" in host.guest("/b", "Nobody").thread()
    assert "Posted and then liked" not in host.guest("/a", "Nobody").thread()


def test_permalinks_reach_a_comment_of_any_thread(host: Host, reader: Reader) -> None:
    ids = [host.say(page, f"On {page}") for page in ("/a", "/b", "/c")]
    url = host.show("/a", "/b", "/c")
    for id_, page in zip(ids, ("/a", "/b", "/c"), strict=True):
        reader.page.goto("about:blank")
        reader.open(f"{url}#comment-{id_}")
        focused(reader.comment(f"On {page}"))
        expect(reader.page.locator(f"#comment-{id_}:target")).to_contain_text(f"On {page}")


def test_threads_cached_or_loaded_later_get_ids_of_their_own(host: Host, reader: Reader) -> None:
    """Two fragments that the server rendered in different requests have the same ids at first."""
    host.say("/a", "On /a")
    host.say("/b", "On /b")
    reader.open(host.show("/a"))
    host.show("/b")
    other = host.app.test_client().get("/many", base_url=host.origin)
    markup = other.get_data(as_text=True)
    thread = markup[markup.index("<comment-thread>") : markup.index("</comment-thread>")]
    reader.page.evaluate(
        "(html) => document.body.insertAdjacentHTML('beforeend', html)",
        f"{thread}</comment-thread>",
    )
    expect(reader.comment("On /b")).to_be_visible()
    second = threads(reader)[1]
    second.locator(".comments-head").get_by_role("button", name="Like").click()
    expect(second).to_contain_text("1 person likes this")
    whole(reader)
    assert "1 person likes this" in host.guest("/b", "Nobody").thread()


def test_mounted_thread_beside_one_in_the_page(host: Host, reader: Reader) -> None:
    for page in ("/a", "/b"):
        host.say(page, f"On {page}")
    reader.open(host.show("/a"))
    options: dict[str, Any] = {"site": "default", "page": "/b"}
    reader.page.evaluate("(options) => { Comments.mount('body', options); }", options)
    second = threads(reader)[1]
    second.get_by_text("Comment", exact=True).click()
    focused(second.get_by_label("Comment", exact=True))
    second.locator(".comments-head").get_by_role("button", name="Like").click()
    expect(second.locator(".comments-head")).to_contain_text("1 person likes this")
    whole(reader)
    assert "1 person likes this" not in host.guest("/a", "Nobody").thread()
