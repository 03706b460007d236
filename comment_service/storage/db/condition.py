"""Whether the database accepts writes now, and what its schema is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.orm import Session

from comment_service.storage.db import migrate
from comment_service.storage.db.engine import BUSY_MILLISECONDS, WRITE
from comment_service.storage.db.sqlite_driver import database_file
from comment_service.storage.tables import Site

LONGEST_WAIT = 2000
"""Milliseconds to wait for a lock before the database counts as locked."""


@dataclass(frozen=True)
class SchemaState:
    """The version of the schema in the database, and how it relates to this program's."""

    version: str
    is_current: bool
    is_newer: bool


def write_and_commit(session: Session) -> None:
    """Write one row as it is and commit, which shows that the database stores what it is given.

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
        number = connection.scalar(select(func.min(Site.id)))
        connection.execute(update(Site).where(Site.id == number).values(name=Site.name))


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
