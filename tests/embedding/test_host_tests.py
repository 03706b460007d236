"""A host's own tests: an in-memory database, no threads, and nothing starts with its commands."""

import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask, render_template_string, url_for
from flask.cli import FlaskGroup
from sqlalchemy import select
from werkzeug.routing import BuildError

from comment_service import CommentService, comment_submitted
from comment_service.storage import Comment, session
from comment_service.storage.db.session import db as ours
from tests.embedding.test_hosts import HostGuest
from tests.fakes import FakeClassifier


def create_app(folder: Path, **config: Any) -> Flask:
    """Return a host as a factory makes it."""
    app = Flask("host", instance_path=str(folder / "instance"))
    app.config.update(SECRET_KEY="x" * 32, **config)
    CommentService().init_app(app, classifier=FakeClassifier())

    @app.get("/post")
    def post() -> str:
        return render_template_string("<h1>Post</h1>{{ comments(title='A post') }}")

    return app


def started() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("comments")}


def test_a_host_under_test_opens_no_real_database(tmp_path: Path) -> None:
    before = started()
    app = create_app(tmp_path, TESTING=True)
    heard: list[int] = []

    def listen(_sender: str, comment_id: int, **_more: object) -> None:
        heard.append(comment_id)

    with comment_submitted.connected_to(listen):
        assert HostGuest(app).say("hello").status_code == 201
    assert heard == [1]
    assert "1 comment" in app.test_client().get("/post").text
    assert not (tmp_path / "instance").exists()
    assert started() == before


def test_two_apps_under_test_share_nothing(tmp_path: Path) -> None:
    one, other = (create_app(tmp_path, TESTING=True) for _ in range(2))
    HostGuest(one).say("hello")
    assert "No comments yet" in other.test_client().get("/post").text


def test_a_configured_database_is_used_also_under_test(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    keys = {"COMMENTS_DATABASE_URL": url, "COMMENTS_ALLOW_VOLATILE": True}
    app = create_app(tmp_path, TESTING=True, COMMENTS_MIN_SECONDS=0, COMMENTS_WORKER=False, **keys)
    HostGuest(app).say("hello")
    assert (tmp_path / "kept.db").exists()


def test_creating_an_app_starts_nothing(tmp_path: Path) -> None:
    before = started()
    app = create_app(tmp_path, COMMENTS_ALLOW_VOLATILE=True, COMMENTS_WORKER=True)
    service = app.extensions["comments"]
    with service.app_context():
        assert ours.engine.pool.checkedout() == 0
        assert ours.engine.pool.status().startswith("Pool size")
    assert started() == before


COMMANDS = [["routes"], ["comments", "--help"], ["comments", "config"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_of_the_host_start_nothing(tmp_path: Path, command: list[str]) -> None:
    before = started()
    app = create_app(tmp_path, COMMENTS_ALLOW_VOLATILE=True)
    group = FlaskGroup(create_app=lambda: app)
    done = CliRunner().invoke(group, command)
    assert done.exit_code == 0, done.output
    assert started() == before
    file = tmp_path / "instance" / "comments.sqlite3"
    assert not file.exists() or file.stat().st_size == 0


URLS = [
    ("comments.moderation", {}, "/comments/moderation/"),
    ("comments.feed", {"site": "default"}, "/comments/feed.atom?site=default"),
    ("comments.thread", {"url": "x"}, "/comments/thread.html?url=x"),
    ("comments.account", {}, "/comments/account/"),
    ("comments.embed", {}, "/comments/embed.js"),
    ("comments.pages.one", {"page_id": 3}, "/comments/moderation/pages/3"),
]


@pytest.mark.parametrize(("endpoint", "values", "wanted"), URLS)
def test_the_host_builds_urls_of_the_service(
    tmp_path: Path, endpoint: str, values: dict[str, Any], wanted: str
) -> None:
    app = create_app(tmp_path, TESTING=True)
    with app.test_request_context("/"):
        assert url_for(endpoint, **values) == wanted
        external = url_for(endpoint, **values, _external=True)
    assert external == f"http://localhost{wanted}"


def test_an_unknown_endpoint_is_still_an_error(tmp_path: Path) -> None:
    app = create_app(tmp_path, TESTING=True)
    with app.test_request_context("/"):
        for endpoint in ("comments.nothing", "nothing", "comments.pages.one"):
            with pytest.raises(BuildError):
                url_for(endpoint)


def test_a_variable_cannot_shadow_the_second_name(tmp_path: Path) -> None:
    app = create_app(tmp_path, TESTING=True)

    @app.get("/shadowed")
    def shadowed() -> str:
        template = "{{ comments }}{{ comment_thread(title='A post') }}"
        return render_template_string(template, comments=3)

    page = app.test_client().get("/shadowed").text
    assert page.startswith("3")
    assert "comments-respond" in page


def test_the_host_queries_comments(tmp_path: Path) -> None:
    app = create_app(tmp_path, TESTING=True)
    HostGuest(app).say("hello")
    with app.extensions["comments"].app_context():
        found = session().scalars(select(Comment).where(Comment.status == "published")).all()
        assert [comment.text for comment in found] == ["hello"]
