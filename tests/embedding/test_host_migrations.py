"""A host with Flask-Migrate on the same database never sees the service's tables."""

import importlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import Migrate, init, migrate, upgrade
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Integer, String, inspect

from comment_service import CommentService, include_object
from comment_service.app import prepare
from comment_service.storage.db.migrate import is_service_table
from comment_service.storage.db.session import db as ours
from comment_service.storage.tables.base import Base
from tests.fakes import FakeClassifier

pytestmark = pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """Enable the loggers again that the env.py of Flask-Migrate disables."""
    level, handlers = logging.root.level, list(logging.root.handlers)
    yield
    logging.root.setLevel(level)
    logging.root.handlers[:] = handlers
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False


def migrating_host(folder: Path, url: str, **options: Any) -> Flask:
    """Return a host with a table of its own, Flask-Migrate and the service on one database."""
    app = Flask("host", instance_path=str(folder))
    app.config.update(
        SQLALCHEMY_DATABASE_URI=url,
        COMMENTS_DATABASE_URL=url,
        COMMENTS_ALLOW_VOLATILE=True,
        COMMENTS_WORKER=False,
        **options,
    )
    database = SQLAlchemy(app)
    type(
        "Note",
        (database.Model,),
        {
            "__tablename__": "comments_of_the_host",  # its own, whatever its name begins with
            "id": Column(Integer, primary_key=True),
            "text": Column(String(20)),
        },
    )
    Migrate(app, database, include_object=include_object, directory=str(folder / "migrations"))
    prepare(CommentService().init_app(app, classifier=FakeClassifier()))
    return app


def written(folder: Path) -> str:
    """Return the text of every migration that Flask-Migrate wrote."""
    return "\n".join(p.read_text() for p in (folder / "migrations/versions").glob("*.py"))


def migrated_twice(app: Flask, folder: Path) -> str:
    importlib.invalidate_caches()
    with app.app_context():
        init(directory=str(folder / "migrations"))
        migrate(directory=str(folder / "migrations"), message="first")
        upgrade(directory=str(folder / "migrations"))
        migrate(directory=str(folder / "migrations"), message="second")
    return written(folder)


def dispose(app: Flask) -> None:
    with app.extensions["comments"].app_context():
        ours.engine.dispose()
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


def test_the_host_s_migrations_leave_our_tables_alone_on_sqlite(tmp_path: Path) -> None:
    app = migrating_host(tmp_path, f"sqlite:///{tmp_path / 'host.db'}")
    text = migrated_twice(app, tmp_path)
    dispose(app)
    assert text.count("op.create_table('comments_of_the_host'") == 1
    assert "comments_authors" not in text
    assert "comments_search" not in text
    upgrade_part = text.split("def downgrade")[0]
    assert "drop" not in upgrade_part


@pytest.mark.postgres
@pytest.mark.parametrize("schema", ["", "comments"])
def test_the_host_s_migrations_leave_our_tables_alone_on_postgresql(
    tmp_path: Path, empty_postgres: str, schema: str
) -> None:
    app = migrating_host(tmp_path, empty_postgres, COMMENTS_DATABASE_SCHEMA=schema)
    text = migrated_twice(app, tmp_path)
    assert text.count("op.create_table('comments_of_the_host'") == 1
    assert "comments_authors" not in text
    with app.extensions["comments"].app_context():
        found = inspect(ours.engine).get_table_names(schema=schema or "public")
        public = inspect(ours.engine).get_table_names(schema="public")
    dispose(app)
    assert set(Base.metadata.tables) <= set(found)
    assert ("comments_authors" in public) is (schema == "")


def test_every_table_of_ours_is_known_and_no_other() -> None:
    assert all(is_service_table(name) for name in Base.metadata.tables)
    for name in ("comments_alembic_version", "comments_search", "comments_search_data"):
        assert is_service_table(name)
    for name in ("comments", "comments_of_the_host", "users", "alembic_version"):
        assert not is_service_table(name)


@pytest.mark.parametrize("schema", ["Comments", "a b", "1a", 'x"; DROP', "a" * 64])
def test_a_schema_that_is_no_name_is_refused(tmp_path: Path, schema: str) -> None:
    with pytest.raises(ValueError, match="COMMENTS_DATABASE_SCHEMA"):
        migrating_host(tmp_path, "sqlite:///x.db", COMMENTS_DATABASE_SCHEMA=schema)
