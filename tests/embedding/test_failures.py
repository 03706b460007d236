"""The host's page renders whatever happens to the service or to the host's own callback."""

import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string

from comment_service import CommentService, HostUser
from comment_service.storage.db.session import db as ours
from tests.embedding.test_hosts import host
from tests.fakes import FakeClassifier


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [row.getMessage() for row in caplog.records if row.levelno >= logging.ERROR]


def break_database(app: Flask) -> None:
    service = app.extensions["comments"]
    with service.app_context():
        ours.session.remove()
        ours.engine.dispose()
    path = Path(app.instance_path) / "comments.sqlite3"
    for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        name.unlink(missing_ok=True)
    path.write_bytes(b"this is no database" * 1000)


def test_host_page_survives_a_broken_comments_database(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = host(tmp_path)
    CommentService().init_app(app, classifier=FakeClassifier())
    client = app.test_client()
    assert "comments-respond" in client.get("/post").text
    break_database(app)
    caplog.clear()
    for _ in range(5):
        page = client.get("/post")
        assert page.status_code == 200
        assert "<h1>Post</h1>" in page.text
        assert 'src="http://localhost/comments/embed.js"' in page.text
        assert 'data-page="http://localhost/post"' in page.text
    assert len(lines(caplog)) == 1
    assert "threads load by script" in lines(caplog)[0]


def test_a_title_cannot_break_out_of_the_markup(tmp_path: Path) -> None:
    app = host(tmp_path)
    CommentService().init_app(app, classifier=FakeClassifier())
    break_database(app)

    @app.get("/evil")
    def evil() -> str:
        return render_template_string('{{ comments(title="\\"><script>alert(1)</script>") }}')

    assert "<script>alert" not in app.test_client().get("/evil").text


def fails() -> HostUser:
    raise RuntimeError("the host's user table is gone")


@pytest.mark.parametrize(
    ("callback", "said"),
    [(fails, "user table is gone"), (lambda: "Ada", "returned str"), (object, "object")],
)
def test_failing_user_callback_means_guest(
    tmp_path: Path, callback: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = host(tmp_path)
    CommentService(current_user=callback).init_app(app, classifier=FakeClassifier())
    page = app.test_client().get("/post")
    assert page.status_code == 200
    assert "comments-respond" in page.text
    assert said in lines(caplog)[0]
    query = {"site": "default", "url": "http://localhost/post"}
    assert app.test_client().get("/comments/me", query_string=query).status_code == 200
