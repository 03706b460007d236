"""SQLite is opened durable."""

import pytest
from flask import Flask
from sqlalchemy import text

from comment_service.storage.db.session import db, session, transaction
from comment_service.storage.db.sqlite_driver import SAFE_SQLITE, preferred_module


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
