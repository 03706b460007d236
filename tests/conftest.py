"""Fixtures for every test: an app on either database, a clock, a model, people."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection, Dialect, Engine, create_engine, make_url, text
from sqlalchemy.util import LRUCache

from comment_service.app import create_app, create_site
from comment_service.runtime import Runtime
from comment_service.storage.db import migrate
from comment_service.storage.db.engine import engine_options, prepare
from comment_service.storage.db.session import close_connections, db
from comment_service.storage.tables.base import Base
from tests import postgres
from tests.fakes import FakeClassifier, FakeClock
from tests.people import Guest

ENTRY_LAYERS = ("web", "notify")
"""Layers that only call actions and storage, which have tests of their own on both databases."""
BOTH = {
    "test_query_counts",
    "test_login_window",
    "test_sso",
    "test_queue",
    "test_reader_mail",
    "test_webhooks",
}
"""Modules of those layers that run on both databases: they test concurrency or SQL."""

REQUIRED = "TEST_REQUIRE_ALL"
"""Where it is set, a missing browser or PostgreSQL fails instead of skipping."""


def absent(why: str) -> None:
    """Skip a test for what is not installed, or fail where everything must be."""
    if os.environ.get(REQUIRED):
        pytest.fail(why)
    pytest.skip(why)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the second database for the entry layers; ``make check`` runs everything."""
    tests = Path(__file__).parent
    for item in items:
        layer, module = item.path.relative_to(tests).parts[0], item.path.stem
        if layer in ENTRY_LAYERS and module not in BOTH and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if why := postgres.why_not():
        absent(why)
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("schema") / "empty.sqlite3"
    url = f"sqlite:///{path}"
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    migrate.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> str:
    """Return an empty database with the newest schema, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(migrated, tmp_path / 'test.sqlite3')}"
    url: str = request.getfixturevalue("postgres_database")
    return url


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_database(postgres_url: str, postgres_engine: Engine) -> str:
    """Return an empty PostgreSQL database with the newest schema."""
    if migrate.current(postgres_engine) != _head():
        migrate.upgrade(postgres_engine)
    with postgres_engine.begin() as connection:
        if used := _used(connection):
            connection.execute(text(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE"))
    return postgres_url


@pytest.fixture
def empty_postgres(postgres_url: str) -> Iterator[str]:
    """Return a PostgreSQL database without any table."""
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    name = f"empty_{secrets.token_hex(6)}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@cache
def _head() -> str:
    return migrate.head()


def _used(connection: Connection) -> list[str]:
    """Return the tables that have rows or have counted some: to empty them all takes long."""
    names = [table.name for table in Base.metadata.sorted_tables]
    full = " UNION ALL ".join(f"SELECT '{n}' WHERE EXISTS (SELECT 1 FROM {n})" for n in names)  # noqa: S608
    counted = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
    found = set(connection.scalars(text(full)))
    found |= {name.removesuffix("_id_seq") for name in connection.scalars(text(counted))}
    return sorted(found & set(names))


@pytest.fixture
def sqlite_url(migrated: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'test.sqlite3')}"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def classifier() -> FakeClassifier:
    return FakeClassifier()


MakeApp = Callable[..., Flask]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Keep compiled templates: every test makes an app of its own, and most of its time there."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def make_app(
    tmp_path: Path,
    clock: FakeClock,
    classifier: FakeClassifier,
    compiled: FileSystemBytecodeCache,
) -> Iterator[MakeApp]:
    """Return what makes an app: a database's URL, then ``COMMENTS_*`` keys without the prefix."""
    made: list[Flask] = []

    def make(url: str, *, real_model: bool = False, **keys: Any) -> Flask:
        model = None if real_model else classifier
        made.append(build_app(url, tmp_path, clock, model, compiled, **keys))
        return made[-1]

    yield make
    for app in made:
        close_app(app)


def build_app(
    url: str,
    folder: Path,
    clock: FakeClock,
    classifier: FakeClassifier | None,
    compiled: FileSystemBytecodeCache,
    **keys: Any,
) -> Flask:
    """Return an app without waits and without limits on a migrated database."""
    config = {
        "FOLDER": str(folder),
        "ALLOW_VOLATILE": True,
        "DATABASE_URL": url,
        "SITE_NAME": "A blog",
        "ORIGINS": "https://blog.example",
        "MIN_SECONDS": 0,
        "RATE_MINUTE": 1000,
        "RATE_HOUR": 1000,
        "AUTO_MIGRATE": False,
        **keys,
    }
    prefixed = {f"COMMENTS_{key}": value for key, value in config.items()}
    app = create_app(prefixed, classifier=classifier, clock=clock)
    create_site(app)
    app.testing = True
    app.jinja_env.bytecode_cache = compiled
    with app.app_context():
        db.engine.update_execution_options(compiled_cache=_statements(db.engine))
    return app


def _statements(engine: Engine) -> LRUCache[Any, Any]:
    """Return the compiled statements of all databases of this kind in this process.

    Every test has a database of its own, and an engine compiles each statement anew: that took
    a third of the time of the tests. A server compiles it once, too.
    """
    dialect = engine.dialect
    kind = type(dialect), dialect.dbapi, dialect.paramstyle
    shared, cache = _COMPILED.setdefault(kind, (dialect, LRUCache(2000)))
    engine.dialect = engine.pool._dialect = shared  # the key of a statement names the dialect
    return cache


_COMPILED: dict[Any, tuple[Dialect, LRUCache[Any, Any]]] = {}


def close_app(app: Flask) -> None:
    """Close the connections of an app."""
    close_connections(app)


@pytest.fixture
def app(database_url: str, make_app: MakeApp) -> Flask:
    """Return an app on each database."""
    return make_app(database_url)


@pytest.fixture
def lite(sqlite_url: str, make_app: MakeApp) -> Flask:
    """Return an app on SQLite, for what has nothing to do with the database."""
    return make_app(sqlite_url)


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    found: Runtime = app.extensions["comments"]
    return found


@pytest.fixture
def client(lite: Flask) -> FlaskClient:
    return lite.test_client()


@pytest.fixture
def guest(lite: Flask) -> Callable[..., Guest]:
    """Return what makes a guest at an app (by default the one on SQLite)."""

    def make(name: str = "Ada", app: Flask | None = None) -> Guest:
        return Guest(app or lite, name)

    return make
