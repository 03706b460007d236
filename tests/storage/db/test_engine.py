"""SQLite is opened durable."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from comment_service.storage.db.engine import SAFE_SQLITE, sqlite_module, sqlite_path
from comment_service.storage.db.session import db, session, transaction


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
        "busy_timeout": 20000,
    }


def test_the_driver_has_no_wal_reset_bug() -> None:
    assert sqlite_module().sqlite_version_info >= SAFE_SQLITE


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
                cursor.execute("PRAGMA busy_timeout=20000")
            finally:
                other.close()


def test_only_a_file_has_a_path() -> None:
    assert sqlite_path("sqlite:////srv/a.db") == Path("/srv/a.db")
    assert sqlite_path("sqlite://") is None
    assert sqlite_path("postgresql://host/a") is None
