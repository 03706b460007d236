"""Whether the database accepts writes now, and what its schema is."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, insert, text
from sqlalchemy.orm import Session

from comment_service.storage.db import migrate
from comment_service.storage.db.engine import BUSY_MILLISECONDS, WRITE
from comment_service.storage.db.sqlite_driver import database_file
from comment_service.storage.tables import LoginFailure

LONGEST_WAIT = 2000
"""Milliseconds to wait for a lock before the database counts as locked."""


@dataclass(frozen=True)
class SchemaState:
    """The version of the schema in the database, and how it relates to this program's."""

    version: str
    is_current: bool
    is_newer: bool


def write_and_commit(session: Session) -> None:
    """Insert a row, delete it and commit, which shows that the database stores what it is given.

    An update that changes nothing would not do: SQLite skips it.

    Raises:
        StorageError: the database is unreachable, read-only, full, locked or replaced.
    """
    engine = _engine(session)
    with (
        engine.connect().execution_options(**{WRITE: True}) as connection,
        _impatient(connection),
        connection.begin(),
    ):
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = {LONGEST_WAIT}"))
            connection.execute(text(f"SET LOCAL statement_timeout = {2 * LONGEST_WAIT}"))
        key = secrets.token_hex(16)
        row = {"key": key, "address": "", "count": 0, "last_at": datetime.now(UTC)}
        connection.execute(insert(LoginFailure).values(row))
        connection.execute(delete(LoginFailure).where(LoginFailure.key == key))


def schema_state(session: Session) -> SchemaState:
    """Return the state of the schema.

    Raises:
        StorageError: the database cannot be read.
    """
    version = migrate.current(_engine(session)) or ""
    newer = bool(version) and not migrate.is_known(version)
    return SchemaState(version, version == migrate.head(), newer)


def file_of(session: Session) -> Path | None:
    """Return the database's file, None for another or an in-memory database."""
    return database_file(_engine(session).url.render_as_string(hide_password=False), Path("/"))


def _engine(session: Session) -> Engine:
    return session.get_bind().engine


@contextmanager
def _impatient(connection: Connection) -> Iterator[None]:
    """Make SQLite wait for a lock no longer than ``LONGEST_WAIT``."""
    driver = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    driver.execute(f"PRAGMA busy_timeout={LONGEST_WAIT}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
