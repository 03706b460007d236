"""The schema goes up from nothing and down again, with rows in it, on both databases."""

import re
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import Column, Engine, Text, create_engine, inspect, text

from comment_service.paths import migrations
from comment_service.storage.db import migrate
from comment_service.storage.db.engine import engine_options, prepare
from comment_service.storage.tables.base import Base
from tests.conftest import MakeApp
from tests.people import Guest, Moderator


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    found = create_engine(database_url, **engine_options(database_url))
    prepare(found)
    yield found
    found.dispose()


def populate(app: Flask) -> None:
    """Put a row into every table that a reader or a moderator can fill."""
    guest = Guest(app)
    parent = guest.say("hello").get_json()["id"]
    guest.say("maybe", parent=parent)
    guest.like(parent)
    guest.like()
    Moderator(app).decide(parent, "spam")


def test_down_and_up_on_a_populated_database(
    engine: Engine, database_url: str, make_app: MakeApp
) -> None:
    populate(make_app(database_url))
    migrate.downgrade(engine, "base")
    assert not [t for t in inspect(engine).get_table_names() if t in Base.metadata.tables]
    migrate.upgrade(engine)
    assert migrate.current(engine) == migrate.head()
    populate(make_app(database_url))


def test_every_step_can_be_taken_back(engine: Engine) -> None:
    migrate.downgrade(engine, "base")
    revisions = sorted(p.name.split("_")[0] for p in (migrations() / "versions").glob("*.py"))
    for revision in revisions:
        migrate.upgrade(engine, revision)
        migrate.downgrade(engine, "-1")
        migrate.upgrade(engine, revision)
    assert migrate.current(engine) == migrate.head()


def test_the_migrations_make_what_the_tables_declare(engine: Engine) -> None:
    with engine.connect() as connection:
        options = {
            "version_table": migrate.VERSION_TABLE,
            "compare_type": True,
            "include_name": migrate.is_own_object,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_a_host_s_tables_are_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS posts (id INTEGER)"))
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num TEXT)"))
    migrate.downgrade(engine, "base")
    migrate.upgrade(engine)
    assert {"posts", "alembic_version"} <= set(inspect(engine).get_table_names())
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE posts"))
        connection.execute(text("DROP TABLE alembic_version"))


def test_every_table_carries_our_prefix() -> None:
    assert all(re.match("comments_[a-z_]+$", name) for name in Base.metadata.tables)


def test_making_a_table_anew_deletes_nothing_that_refers_to_it(
    sqlite_url: str, make_app: MakeApp
) -> None:
    app = make_app(sqlite_url)
    populate(app)
    engine = create_engine(sqlite_url, **engine_options(sqlite_url))
    prepare(engine)
    with migrate._migrating(engine) as connection:
        context = MigrationContext.configure(connection)
        with Operations(context).batch_alter_table("comments_sites", recreate="always") as batch:
            batch.add_column(Column("extra", Text, nullable=True))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM comments_comments")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    engine.dispose()
