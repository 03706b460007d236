"""SQLite is opened durable, and PostgreSQL with a bound on waits."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from comment_service.storage.db import engine, migrate
from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.db.sqlite_driver import SAFE_SQLITE, preferred_module
from comment_service.storage.tables import Page
from tests.people import Guest


def test_the_pragmas_make_a_commit_survive(lite: Flask) -> None:
    with lite.app_context():
        found = {
            name: session().execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10000,
    }


def test_the_driver_has_no_wal_reset_bug() -> None:
    assert preferred_module().sqlite_version_info >= SAFE_SQLITE


def test_the_connection_that_was_used_last_is_used_next(lite: Flask) -> None:
    with lite.app_context():
        with db.engine.connect() as first, db.engine.connect():
            used_last = first.connection.dbapi_connection
        with db.engine.connect() as again:
            assert again.connection.dbapi_connection is used_last


def test_a_transaction_is_a_writer_from_its_beginning(lite: Flask) -> None:
    with lite.app_context():
        session().execute(text("SELECT 1"))
        with transaction():
            other = db.engine.raw_connection()
            try:
                cursor = other.cursor()
                cursor.execute("PRAGMA busy_timeout=0")
                with pytest.raises(Exception, match="locked"):
                    cursor.execute("BEGIN IMMEDIATE")
                cursor.execute("PRAGMA busy_timeout=10000")
            finally:
                other.close()


@pytest.fixture
def impatient(postgres_database: str, make_app: Any, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Return an app on PostgreSQL that waits 50 milliseconds for a lock."""
    monkeypatch.setattr(engine, "BUSY_MILLISECONDS", 50)
    made: Flask = make_app(postgres_database)
    return made


@pytest.mark.postgres
def test_a_page_that_another_session_keeps_locked_keeps_no_writer_forever(
    impatient: Flask, postgres_engine: Engine
) -> None:
    guest = Guest(impatient)
    assert guest.say("The first comment").status_code == 201
    with postgres_engine.connect() as shell, shell.begin():
        shell.execute(text("SET LOCAL idle_in_transaction_session_timeout = '20s'"))
        shell.execute(select(Page.id).with_for_update())
        refused = guest.say("The second comment")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        elsewhere = guest.say("A third comment", url="https://blog.example/another")
        assert elsewhere.status_code == 201
    assert guest.say("The second comment").status_code == 201


@pytest.mark.postgres
def test_a_migration_waits_for_another_one_as_long_as_that_takes(impatient: Flask) -> None:
    with impatient.app_context():
        assert db.session.scalar(text("SHOW lock_timeout")) == "50ms"
        with migrate._migrating(db.engine) as connection:
            assert connection.scalar(text("SHOW lock_timeout")) == "0"
        assert db.session.scalar(text("SHOW lock_timeout")) == "50ms"
