"""The service inside Flask hosts of every kind, isolated from their extensions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string, request
from flask.testing import FlaskClient
from flask_babel import Babel, gettext
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import inspect

from comment_service import CommentService, HostUser
from comment_service.storage.db.session import db as database
from comment_service.storage.tables import Author
from tests.fakes import FakeClassifier
from tests.people import Guest
from tests.web.comments.test_write_views import hidden

HOST = "http://localhost"


def host(tmp_path: Path, name: str = "host", **config: Any) -> Flask:
    """Return a host with a page that shows a thread."""
    app = Flask(name, instance_path=str(tmp_path / name))
    ours = {"ALLOW_VOLATILE": True, "WORKER": False, "MIN_SECONDS": 0}
    app.config.update({f"COMMENTS_{key}": value for key, value in ours.items()})
    app.config.update(SECRET_KEY="the host's own", **config)

    @app.get("/post")
    def post() -> str:
        return render_template_string("<h1>Post</h1>{{ comments(title='A post') }}")

    return app


def embed(app: Flask, **options: Any) -> Flask:
    return CommentService(**options).init_app(app, classifier=FakeClassifier())


class HostGuest(Guest):
    """A guest who uses the service under the host's prefix."""

    def __init__(self, app: Flask, name: str = "Ada", prefix: str = "/comments") -> None:
        super().__init__(app, name)
        self.prefix = prefix
        self.page = {"site": "default", "url": f"{HOST}/post", "title": "A post"}

    def get(self, path: str, **query: Any) -> Any:
        return super().get(self.prefix + path, **query)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return super().post(self.prefix + path, body, **{"Origin": HOST, **headers})


def test_one_line_embeds_a_thread_with_form(tmp_path: Path) -> None:
    app = host(tmp_path)
    embed(app)
    page = app.test_client().get("/post").get_data(as_text=True)
    assert "No comments yet" in page
    assert 'action="/comments/comments?back=page"' in page
    assert 'src="/comments/embed.js"' in page
    assert HostGuest(app).say("hello").status_code == 201
    page = app.test_client().get("/post").get_data(as_text=True)
    assert "1 comment" in page
    assert (tmp_path / "host" / "comments.sqlite3").exists()


def test_host_page_form_without_script(tmp_path: Path) -> None:
    app = host(tmp_path)
    embed(app)
    client = app.test_client()
    fields = hidden(client.get("/post").get_data(as_text=True))
    sent = {**fields, "text": "Without a script", "name": "Ada"}
    answer = client.post("/comments/comments?back=page", data=sent, headers={"Origin": HOST})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HOST}/post#comment-1")
    page = client.get("/post").get_data(as_text=True)
    assert "Without a script" in page
    for path in ("comments", "likes"):
        assert f'action="/comments/{path}?back=page"' in page
    liked = {key: fields[key] for key in ("site", "url", "title")} | {"liked": "1", "comment": "1"}
    answer = client.post("/comments/likes?back=page", data=liked, headers={"Origin": HOST})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HOST}/post#comment-1")
    held = {**fields, "text": "maybe this waits", "name": "Ada", "key": "k" * 24}
    answer = client.post("/comments/comments?back=page", data=held, headers={"Origin": HOST})
    assert answer.headers["Location"].startswith("/comments/thread.html?")


def test_host_keeps_its_own_extensions(tmp_path: Path) -> None:
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI="sqlite://")
    theirs = SQLAlchemy(app)

    class Post(theirs.Model):  # type: ignore[name-defined,misc]
        id = theirs.Column(theirs.Integer, primary_key=True)

    CSRFProtect(app)
    Babel(app, locale_selector=lambda: "de")

    @app.post("/own")
    def own() -> str:
        return "not reached without a token"

    @app.get("/words")
    def words() -> str:
        return f"{gettext('x')} {request.path}"

    embed(app)
    with app.app_context():
        theirs.create_all()
        theirs.session.add(Post())
        theirs.session.commit()
        assert inspect(theirs.engine).get_table_names() == ["post"]
    client = app.test_client()
    assert client.post("/own").status_code == 400, "the host's CSRF protection still protects it"
    assert HostGuest(app).say("hello").status_code == 201, "and does not refuse ours"
    assert client.get("/words").get_data(as_text=True) == "x /words"
    assert "hello" in client.get("/post").get_data(as_text=True)


def test_host_can_share_its_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    app = host(tmp_path, SQLALCHEMY_DATABASE_URI=url, COMMENTS_DATABASE_URL=url)
    theirs = SQLAlchemy(app)
    service = embed(app)
    assert HostGuest(app).say("hello").status_code == 201
    with app.app_context():
        names = inspect(theirs.engine).get_table_names()
    assert {"comments_comments", "comments_alembic_version"} <= set(names)
    with service.app_context():
        database.engine.dispose()


class User(UserMixin):  # type: ignore[misc]
    """A host's user, as in Flask-Login."""

    def __init__(self, name: str) -> None:
        self.id = name


def with_login(app: Flask) -> Callable[[], HostUser | None]:
    """Add Flask-Login to a host; return the callback that gives its user to the service."""
    LoginManager(app).user_loader(User)

    @app.post("/sign-in/<name>")
    def sign_in(name: str) -> str:
        login_user(User(name))
        return "in"

    def current() -> HostUser | None:
        if not current_user.is_authenticated:
            return None
        name = current_user.id
        boss = name == "boss"
        return HostUser(id=f"u-{name}", name=name.title(), moderator=boss, log_out_url="/log-out")

    return current


@pytest.fixture
def signed_in(tmp_path: Path) -> FlaskClient:
    app = host(tmp_path)
    embed(app, current_user=with_login(app))
    client = app.test_client()
    client.post("/sign-in/ruth")
    return client


def say(client: FlaskClient, text: str, **more: Any) -> Any:
    guest = HostGuest(client.application)
    return client.post(
        "/comments/comments", json=guest.fields(text, name="", **more), headers={"Origin": HOST}
    )


def test_host_user_comments_under_their_name(signed_in: FlaskClient) -> None:
    page = signed_in.get("/post").get_data(as_text=True)
    assert "You are commenting as Ruth, using your " in page
    assert 'href="/log-out"' in page
    assert say(signed_in, "as myself").status_code == 201
    assert "Ruth" in signed_in.get("/post").get_data(as_text=True)
    query = {"site": "default", "url": f"{HOST}/post"}
    assert signed_in.get("/comments/me", query_string=query).get_json()["name"] == "Ruth"


def test_one_user_is_one_author_on_every_visit(signed_in: FlaskClient) -> None:
    ids = {say(signed_in, text).get_json()["id"] for text in ("one", "two", "three")}
    assert len(ids) == 3
    service = signed_in.application.extensions["comments"]
    with service.app_context():
        assert database.session.query(Author).count() == 1


def test_host_user_is_ignored_from_foreign_pages(signed_in: FlaskClient) -> None:
    body = HostGuest(signed_in.application).fields("forged", name="Eve")
    answer = signed_in.post(
        "/comments/comments", json=body, headers={"Origin": "https://e.example"}
    )
    assert answer.status_code == 403


def test_host_moderator_is_published_with_badge(signed_in: FlaskClient) -> None:
    signed_in.post("/sign-in/boss")
    assert say(signed_in, "casino, says the boss").get_json()["status"] == "published"
    assert "Moderator" in signed_in.get("/post").get_data(as_text=True)


def test_guests_can_comment_without_host_user(signed_in: FlaskClient) -> None:
    stranger = signed_in.application.test_client()
    page = stranger.get("/post").get_data(as_text=True)
    assert 'id="comments-name"' in page
    assert "Ruth" not in page


def test_two_hosts_in_one_process_share_nothing(tmp_path: Path) -> None:
    one, two = host(tmp_path, "one"), host(tmp_path, "two", COMMENTS_PREFIX="/talk")
    embed(one)
    embed(two)
    HostGuest(one).say("only in one")
    HostGuest(two, prefix="/talk").say("only in two")
    pages = [app.test_client().get("/post").get_data(as_text=True) for app in (one, two)]
    assert "only in one" in pages[0]
    assert "only in two" not in pages[0]
    assert "only in two" in pages[1]
    assert 'action="/talk/comments?back=page"' in pages[1]


def test_a_second_service_in_one_host_is_refused(tmp_path: Path) -> None:
    app = host(tmp_path)
    embed(app)
    with pytest.raises(RuntimeError, match="already"):
        embed(app)


def test_unknown_config_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="COMMENTS_TYPO is not a known key"):
        embed(host(tmp_path, COMMENTS_TYPO=1))


def test_host_with_prefix(tmp_path: Path) -> None:
    app = host(tmp_path)
    embed(app)
    page = app.test_client().get("/post", base_url=f"{HOST}/blog").get_data(as_text=True)
    assert 'action="/blog/comments/comments?back=page"' in page


def test_host_gets_cli_commands(tmp_path: Path) -> None:
    app = host(tmp_path)
    embed(app)
    run = app.test_cli_runner()
    assert "default" in run.invoke(args=["comments", "site", "list"]).output
    added = run.invoke(args=["comments", "moderator", "add", "O", "o@a.example", "--password", "x"])
    assert added.exit_code == 0, added.output
    assert "serve" not in run.invoke(args=["comments", "--help"]).output
