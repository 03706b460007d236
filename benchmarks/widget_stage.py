"""Serve this service and Isso side by side with the same comments, and a blog around them.

Each has its own port under the same WSGI server; the blog is another origin, as in production. The
comments are synthetic: two thirds are top-level, the others reply to one of those, at most three to
one (so that Isso's client with default settings folds none of them). They are written directly into
the tables.
"""

import logging
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from time import time
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Playwright
from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).parent.parent))

from comment_service.app import create_app, prepare
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Author, Comment, Page
from comment_service.storage.tables.base import Base
from tests.browser.conftest import ARGUMENTS
from tests.browser.servers import Stage
from tests.fakes import FakeClassifier

HOUR = 3600
PEOPLE = 40
WORDS = """the boat knot wind harbour sail rope winter map of and with a long reef tide when we came
back from island that nobody had seen before, so I asked again about paint, tar and weather"""
BLOG = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A post</title>
<link rel="icon" href="data:,"></head>
<body><h1>A post</h1><p>What the blogger wrote.</p>{talk}<footer>The end of the page</footer></body>
</html>"""
OURS = '<script src="{at}/embed.js" data-site="default" data-page="/talk/{name}" async></script>'
PENDING = (
    '<comment-thread data-site="default" data-page="/talk/{name}"'
    ' style="display: block; min-height: 100vh"></comment-thread>'
    '<script src="{at}/embed.js" async></script>'
)
ISSO = (
    '<script data-isso="{at}" src="{at}/js/embed.min.js" async></script>'
    '<section id="isso-thread" data-isso-id="/talk/{name}" data-title="A post"></section>'
)
WHOLE = 10_000
"""Top-level comments per page if the whole thread is on one page."""


@dataclass(frozen=True)
class StageComment:
    """A comment: its number, its parent's, the author's number, the text, its age in hours."""

    id: int
    parent: int | None
    person: int
    text: str
    hours: int


def talk(count: int, after: int = 0) -> list[StageComment]:
    """Return the same comments every time, numbered from ``after`` + 1."""
    draw = Random(count)  # noqa: S311 - no secret is drawn
    made: list[StageComment] = []
    roots: Counter[int] = Counter()
    for number in range(1, count + 1):
        free = [root for root, answers in roots.items() if answers < 3][-9:]
        parent = draw.choice(free) if free and draw.random() < 1 / 3 else None
        if parent is None:
            roots[after + number] = 0
        else:
            roots[parent] += 1
        text = " ".join(draw.choices(WORDS.split(), k=draw.randint(8, 70)))
        made.append(
            StageComment(after + number, parent, draw.randrange(PEOPLE), text, count - number)
        )
    return made


@dataclass
class Scene:
    """A blog at an origin, with a page for each thread and kind.

    ``ours`` is the embed code, ``held`` has an element that reserves space before the script loads,
    ``whole`` has all comments on one page, ``isso`` is the other widget.
    """

    blog: str
    at: dict[str, str] = field(default_factory=dict)  # kind → origin of its server

    def app(self) -> Flask:
        """Return the blog."""
        app = Flask("blog", static_folder=None)

        @app.get("/<kind>/<name>")
        def post(kind: str, name: str) -> str:
            snippet = {"isso": ISSO, "held": PENDING}.get(kind, OURS)
            return BLOG.format(talk=snippet.format(at=self.at[kind], name=name))

        return app


class Counted:
    """A WSGI app that records the time of each request."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.came: list[tuple[float, str, str]] = []  # seconds, method, path

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Record the request and pass it on."""
        self.came.append((time(), environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        return self.app(environ, start_response)


@contextmanager
def scene(talks: dict[str, Sequence[StageComment]]) -> Iterator[tuple[Scene, dict[str, Counted]]]:
    """Serve the blog, our service (default page size, and whole threads on a page), and Isso."""
    with ExitStack() as stack:
        blog = stack.enter_context(Stage("localhost"))
        made = Scene(blog.origin)
        blog.app = made.app()
        apps: dict[str, Counted] = {}
        for kind in ("ours", "whole", "isso"):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            stage = stack.enter_context(Stage("127.0.0.1"))
            made.at[kind] = stage.origin
            app = isso(folder, blog.origin, talks) if kind == "isso" else None
            more = {"COMMENTS_PAGE_SIZE": WHOLE} if kind == "whole" else {}
            apps[kind] = Counted(app or ours(folder, blog.origin, talks, more))
            stage.app = apps[kind]
        made.at["held"] = made.at["ours"]
        yield made, apps


def ours(
    folder: str, blog: str, talks: dict[str, Sequence[StageComment]], more: dict[str, Any]
) -> Flask:
    """Return the service with the comments in it."""
    config = {"COMMENTS_FOLDER": folder, "COMMENTS_ALLOW_VOLATILE": True, "COMMENTS_ORIGINS": blog}
    app = create_app({**config, **more}, classifier=FakeClassifier())
    prepare(app)
    now = app.extensions["comments"].now()
    with app.app_context(), transaction() as current:
        people = [{"site_id": 1, "name": f"Reader {n}", "created_at": now} for n in range(PEOPLE)]
        current.execute(insert(Author), people)
        for place, (name, comments) in enumerate(talks.items(), 1):
            url = f"{blog}/talk/{name}"
            page = {"id": place, "site_id": 1, "url": url, "title": "A post", "created_at": now}
            current.execute(insert(Page), [page])
            rows = [_row(one, place, now - timedelta(hours=one.hours)) for one in comments]
            current.connection().execute(insert(Base.metadata.tables[Comment.__tablename__]), rows)
    return app


def _row(one: StageComment, page: int, when: Any) -> dict[str, Any]:
    """Return a comment as a table row."""
    return {
        "id": one.id, "site_id": 1, "page_id": page, "author_id": one.person + 1,
        "parent_id": one.parent, "root_id": one.parent or one.id, "depth": int(bool(one.parent)),
        "status": "published", "shown": True, "name": f"Reader {one.person}", "text": one.text,
        "html": f"<p>{one.text}</p>", "text_hash": f"{one.id:032x}",
        "idempotency_key": f"benchmark-{one.id}", "created_at": when,
    }  # fmt: skip


def isso(folder: str, blog: str, talks: dict[str, Sequence[StageComment]]) -> Any:
    """Return Isso with default settings and the same comments in its database."""
    try:
        from isso import config, make_app
        from isso.utils import Bloomfilter
    except ModuleNotFoundError:
        raise SystemExit("Isso is not installed: pip install isso") from None

    logging.getLogger("isso").setLevel(logging.ERROR)
    path = Path(folder) / "isso.cfg"
    base = f"{folder}/isso.sqlite3"
    path.write_text(f"[general]\ndbpath = {base}\nhost = {blog}\nlog-file = {folder}/isso.log\n")
    app = make_app(config.load(config.default_file(), str(path)), threading=True)
    with sqlite3.connect(base) as kept:
        for place, (name, comments) in enumerate(talks.items(), 1):
            kept.execute("INSERT INTO threads VALUES (?, ?, 'A post')", (place, f"/talk/{name}"))
            kept.executemany(
                "INSERT INTO comments (tid, id, parent, created, mode, remote_addr, text, author,"
                " voters) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)",
                [(place, one.id, one.parent, time() - HOUR * one.hours, f"10.0.{one.person}.0",
                  one.text, f"Reader {one.person}", bytes(Bloomfilter().array))
                 for one in comments],
            )  # fmt: skip
    return app


def chromium(play: Playwright) -> Browser:
    """Return the browser used by the tests."""
    path = shutil.which("chromium")
    if path is None:
        raise SystemExit("Chromium is not installed (no `chromium` on the path)")
    return play.chromium.launch(executable_path=path, args=list(ARGUMENTS))
