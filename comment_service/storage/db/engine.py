"""How the database is opened: SQLite made durable, PostgreSQL as it is.

SQLite: WAL with ``synchronous=FULL`` (a commit survives a power cut), foreign keys on, a busy
timeout, and our own BEGIN, because the driver's implicit one breaks savepoints and DDL. Writers
start with ``BEGIN IMMEDIATE``: a deferred transaction that turns into a writer can only fail.
"""

import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url

SAFE_SQLITE = (3, 51, 3)
"""The first version without the WAL-reset corruption bug."""

WRITE = "comments_write"
"""Execution option of a connection that is going to write."""

_BUSY_MILLISECONDS = 20_000


def sqlite_module() -> ModuleType:
    """Return the SQLite driver: the system's where it is new enough, else the wheel's."""
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return sqlite3
    try:
        from pysqlite3 import dbapi2
    except ImportError:  # no wheel for this platform; the system's is the only one there is
        return sqlite3
    module: ModuleType = dbapi2
    return module


def engine_options(url: str) -> dict[str, Any]:
    """Return what ``create_engine`` takes for this URL."""
    if make_url(url).get_backend_name() == "sqlite":
        return {"module": sqlite_module()}
    return {"pool_pre_ping": True}


def prepare(engine: Engine) -> None:
    """Hang the listeners on an engine that make SQLite durable and its transactions ours."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: Any) -> None:
    """Set the pragmas of a new connection and take BEGIN into our own hands."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    """Begin: at once as a writer where the connection is going to write."""
    writes = connection.get_execution_options().get(WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite URL; None for another database or one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database)).absolute()
