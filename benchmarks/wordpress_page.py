"""Rebuild a scraped WordPress page: does everything on it have an equivalent on ours?

``python benchmarks/wordpress_page.py [PAGE.txt] [--shot FILE.png]`` (by default
``../shared/samples/wordpress-page.txt``, a blog post with its comments as scraped). The post is put
on a small host with the service mounted, its comments and likes are posted through the public
views, and a reader who is signed in to the host opens the page. Prints each element of the scraped
page and its equivalent on ours. Needs Chromium.
"""

import argparse
import re
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, render_template_string, request
from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console
from rich.table import Table

from comment_service import CommentService, HostUser
from comment_service.cli.demo import blog
from comment_service.cli.demo.browser import Browser
from comment_service.cli.serve import free_port, listen

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "samples" / "wordpress-page.txt"
NAMES = ("Wanderer", "Ruth", "Agnieszka", "Tom", "Noor", "Ilse")
TEMPLATE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/assets/blog.css"><div class="frame"><h1>{{ title }}</h1>
{% for p in paragraphs %}<p>{{ p }}</p>{% endfor %}
<div class="talk">{{ comments(title=title) }}</div></div>"""


@dataclass(frozen=True)
class Scraped:
    """The content of the scraped page."""

    title: str
    paragraphs: list[str]
    comments: list[tuple[str, int]]  # text, likes


def read(path: Path) -> Scraped:
    """Read the post and its comments from the scraped text."""
    text = path.read_text(encoding="utf-8")
    post, _, talk = text.partition("Responses to")
    lines = [line.strip() for line in post.splitlines() if line.strip()]
    found = re.findall(r"^\s+\d+\.\s(.*?)Liked by (\d+) pe", talk, re.DOTALL | re.MULTILINE)
    comments = [(" ".join(body.split()), int(likes)) for body, likes in found]
    return Scraped(lines[0], [line for line in lines[1:] if len(line) > 80], comments)


def host(scraped: Scraped, folder: Path) -> Flask:
    """Return a host with the post; a header signs its reader in."""
    assets = Path(blog.__file__).parent / "assets"
    app = Flask("wordpress", static_folder=str(assets), static_url_path="/assets")
    app.config.update(
        COMMENTS_FOLDER=str(folder), COMMENTS_ALLOW_VOLATILE=True, COMMENTS_MIN_SECONDS=0,
        COMMENTS_TRUSTED_PROXIES="127.0.0.1", COMMENTS_RATE_MINUTE=1000, COMMENTS_SITE_NAME="Blog",
    )  # fmt: skip

    def user() -> HostUser | None:
        if request.cookies.get("user"):
            return HostUser(id="1", name="Olive", log_out_url="/log-out")
        return None

    CommentService(app, current_user=user)

    @app.get("/favicon.ico")
    def favicon() -> Response:
        """Return no picture."""
        return Response(status=204)

    @app.get("/post")
    def post() -> str:
        """Show the post."""
        return render_template_string(TEMPLATE, title=scraped.title, paragraphs=scraped.paragraphs)

    return app


def fill(address: str, scraped: Scraped) -> None:
    """Post the comments and their likes, the post's likes and one reply."""
    page = {"site": "default", "url": f"{address}/post", "title": scraped.title}
    readers = [Browser() for _ in NAMES]
    first = 0

    def send(number: int, path: str, **body: object) -> dict[str, object]:
        url = f"{address}/comments/{path}"
        network = {"X-Forwarded-For": f"198.51.100.{number + 1}"}
        return readers[number].post_json(url, {**page, **body}, network).json()

    for number, (text, likes) in enumerate(scraped.comments):
        token = readers[0].get(f"{address}/comments/form-token", page).json()["token"]
        who = number % len(NAMES)
        body = {"token": token, "key": f"rebuilt-comment-{number:04}", "name": NAMES[who]}
        response = send(who, "comments", **body, text=text)
        first = first or int(str(response["id"]))
        for fan in range(likes):
            send((who + 1 + fan) % len(NAMES), "likes", comment=response["id"], liked=True)
    token = readers[0].get(f"{address}/comments/form-token", page).json()["token"]
    send(1, "comments", token=token, key="rebuilt-answer-0001", name=NAMES[1], parent=first,
         text="I had forgotten that one. Off to find it.")  # fmt: skip
    for number in range(3):
        send(number, "likes", liked=True)


def look(page: Page, scraped: Scraped) -> list[tuple[str, str]]:
    """Return each element of the scraped page with its equivalent on ours.

    The window becomes as high as the page, because parts far off-screen have no layout.
    """
    page.wait_for_selector(".comments-account")
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": 900, "height": height})
    expect(page.locator(".comments-account")).to_contain_text("commenting")

    def text(selector: str) -> str:
        found = page.locator(selector)
        return " ".join(found.first.inner_text().split())[:90] if found.count() else ""

    return [
        ("18 Responses to “…”", text(".comments-title")),
        (f"{len(scraped.comments)} comments, nested answers",
         f"{page.locator('article.comments-one').count()} articles, "
         f"{page.locator('.comments-item .comments-item').count()} nested"),
        ("Liked by 1 person", text("text=Liked by 1 person")),
        ("Liked by 2 people", text("text=Liked by 2 people")),
        ("Add a comment", text("#comments-invite")),
        ("You are commenting using your account. Log Out / Change", text(".comments-account")),
        ("This site uses Akismet to reduce spam. Learn how …",
         text(".comments-respond > .comments-notice >> nth=-1")),
        ("%d bloggers like this", text("text=people like this")),
    ]  # fmt: skip


def main() -> None:
    """Rebuild the page, open it, print the result, take the screenshot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("page", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--shot", type=Path, help="where to put the picture")
    options = parser.parse_args()
    scraped = read(options.page)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        port = free_port("127.0.0.1")
        server = listen(host(scraped, Path(folder)), "127.0.0.1", port)
        threading.Thread(target=server.run, daemon=True).start()
        address = f"http://127.0.0.1:{port}"
        fill(address, scraped)
        chromium = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_context(viewport={"width": 900, "height": 900}).new_page()
        page.context.add_cookies([{"name": "user", "value": "1", "url": address}])
        page.goto(f"{address}/post")
        table = Table("the scraped page", "ours")
        found = look(page, scraped)
        for row in found:
            table.add_row(*row)
        Console().print(table)
        if options.shot:
            time.sleep(0.5)
            page.screenshot(path=options.shot, full_page=True)
        chromium.close()
        server.close()
    if not all(ours for _, ours in found):
        raise SystemExit("something of the scraped page has no place on ours")


if __name__ == "__main__":
    main()
