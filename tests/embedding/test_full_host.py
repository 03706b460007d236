"""A whole Flask application as people write it, with the service inside, under load.

An application factory with Flask-SQLAlchemy, Flask-Migrate, Flask-Login, CSRFProtect and ProxyFix
shares one database with the service: one SQLite file, or one PostgreSQL database.
"""

import re
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, redirect, render_template_string, request
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from comment_service import CommentService, HostUser, include_object
from comment_service.cli.serve import listen
from comment_service.storage.db.engine import engine_options
from comment_service.storage.db.session import db as ours
from tests.fakes import FakeClassifier
from tests.web.comments.test_write_views import hidden

pytestmark = pytest.mark.slow

READERS, MEMBERS, ROUNDS = 4, 3, 5


class Base(DeclarativeBase):
    """The host's own tables."""


class Member(Base, UserMixin):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Visit(Base):
    __tablename__ = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int]


POST = """<h1>Post</h1>
<form method="post" action="/visit"><input type="hidden" name="csrf_token"
 value="{{ csrf_token() }}"></form>
{{ comments(title="A post") }}"""


def commenting_user() -> HostUser | None:
    if not current_user.is_authenticated:
        return None
    return HostUser(id=str(current_user.id), name=current_user.name)


def create_host(folder: Path, url: str, schema: str) -> tuple[Flask, SQLAlchemy]:
    """Return the host, as an application factory would."""
    app = Flask("host", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="x" * 32,
        SQLALCHEMY_DATABASE_URI=url,
        COMMENTS_DATABASE_URL=url,
        COMMENTS_DATABASE_SCHEMA=schema,
        COMMENTS_ALLOW_VOLATILE=True,
        COMMENTS_WORKER=False,
        COMMENTS_MIN_SECONDS=0,
        COMMENTS_RATE_MINUTE=1000,
        COMMENTS_RATE_HOUR=1000,
    )
    database = SQLAlchemy(model_class=Base)
    database.init_app(app)
    Migrate(app, database, include_object=include_object)
    CSRFProtect(app)
    logins = LoginManager(app)

    @logins.user_loader  # type: ignore[untyped-decorator]
    def load(member_id: str) -> Member | None:
        return database.session.get(Member, int(member_id))

    @app.get("/login/<int:member_id>")
    def login(member_id: int) -> str:
        login_user(database.session.get(Member, member_id))
        return "signed in"

    @app.get("/post")
    def post() -> str:
        return render_template_string(POST)

    @app.post("/visit")
    @login_required  # type: ignore[untyped-decorator]
    def visit() -> Response:
        database.session.add(Visit(member_id=current_user.id))
        database.session.commit()
        return redirect("/post")

    @app.get("/address")
    def address() -> str:
        return str(request.remote_addr)

    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    CommentService(current_user=commenting_user).init_app(app, classifier=FakeClassifier())
    return app, database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Return the database's URL and the schema of the service's tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'host.db'}", ""
    return str(request.getfixturevalue("empty_postgres")), "comments"


@pytest.fixture
def address(place: tuple[str, str], tmp_path: Path) -> Iterator[str]:
    """Run the host on a port; yield its address."""
    app, database = create_host(tmp_path, *place)
    with app.app_context():
        database.create_all()
        names = [f"Member {number}" for number in range(1, MEMBERS + 1)]
        database.session.add_all([Member(name=name) for name in names])
        database.session.commit()
    server = listen(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.close()
    thread.join(10)
    with app.app_context():
        database.engine.dispose()
    with app.extensions["comments"].app_context():
        ours.engine.dispose()


def comment(client: requests.Session, address: str, words: str, **fields: str) -> None:
    """Send the form on the host's page, as a browser without JavaScript does."""
    page = client.get(f"{address}/post", timeout=30)
    sent = {**hidden(page.text), "text": words, **fields}
    headers = {"Origin": address}
    answer = client.post(f"{address}/comments/comments", data=sent, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text


def read_and_write(address: str, number: int) -> None:
    """A guest from an address of their own comments and reads."""
    client = requests.Session()
    client.headers.update({"X-Forwarded-For": f"198.51.100.{number}", "Accept": "text/html"})
    for turn in range(ROUNDS):
        comment(client, address, f"remark {turn} of guest {number}", name=f"Guest {number}")


def visit_and_write(address: str, number: int) -> None:
    """A member of the host signs in there, uses the host's own form, and comments."""
    client = requests.Session()
    client.headers.update({"X-Forwarded-For": f"203.0.113.{number}", "Accept": "text/html"})
    client.get(f"{address}/login/{number}", timeout=30)
    for turn in range(ROUNDS):
        page = client.get(f"{address}/post", timeout=30).text
        token: Any = re.search(r'name="csrf_token"\s+value="([^"]+)"', page)
        sent = {"csrf_token": token[1]}
        assert client.post(f"{address}/visit", data=sent, timeout=30).status_code == 200
        comment(client, address, f"remark {turn} of member {number}")
    assert client.post(f"{address}/visit", data={}, timeout=30).status_code == 400, "no token"


def test_host_and_service_under_load(address: str, place: tuple[str, str]) -> None:
    assert requests.get(
        f"{address}/address", headers={"X-Forwarded-For": "198.51.100.9"}, timeout=30
    ).text == "198.51.100.9"  # fmt: skip
    with ThreadPoolExecutor(READERS + MEMBERS) as pool:
        jobs = [pool.submit(read_and_write, address, n) for n in range(1, READERS + 1)]
        jobs += [pool.submit(visit_and_write, address, n) for n in range(1, MEMBERS + 1)]
        for job in jobs:
            job.result()
    url, schema = place
    engine = create_engine(url, **engine_options(url, sqlite3 if "sqlite" in url else None, schema))
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Visit)) == MEMBERS * ROUNDS
        rows = connection.execute(text("SELECT name, network, identity FROM comments_comments"))
        found = [tuple(row) for row in rows]
        if engine.dialect.name == "sqlite":
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
        else:
            schemas = text(
                "SELECT DISTINCT table_schema FROM information_schema.tables "
                "WHERE table_name LIKE 'comments\\_%'"
            )
            assert connection.scalars(schemas).all() == ["comments"], "apart from the host's tables"
    engine.dispose()
    assert len(found) == (READERS + MEMBERS) * ROUNDS
    assert len({network for _name, network, _identity in found}) == READERS + MEMBERS
    by_identity = {(name, identity) for name, _network, identity in found}
    members = {(f"Member {number}", "host") for number in range(1, MEMBERS + 1)}
    assert by_identity == members | {(f"Guest {n}", "guest") for n in range(1, READERS + 1)}
