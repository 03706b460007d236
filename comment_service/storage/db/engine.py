"""Open the database: SQLite with durable settings, PostgreSQL with a bound on waits for a lock.

SQLite: WAL with ``synchronous=FULL`` (a commit survives a power cut), foreign keys on, a busy
timeout, and an explicit BEGIN, because the driver's implicit one breaks savepoints and DDL. Writers
start with ``BEGIN IMMEDIATE``: a deferred transaction that becomes a writer later can fail. Writers
take turns (``turns.py``).

PostgreSQL: a session that holds a page's lock (a shell, say) would let every writer of that page
wait without an end, each with a thread that writers of other pages need.
"""

import logging
from pathlib import Path
from time import monotonic, sleep
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url

from comment_service.storage.db import file_guard, prepared, turns
from comment_service.storage.db.sqlite_driver import database_file, preferred_module

WRITE = "comments_write"
"""Execution option of a connection that will write."""

APPLICATION = "comment-service"
"""Name of the service's connections in PostgreSQL's list of activity."""
BUSY_MILLISECONDS = int(1000 * turns.SECONDS)
"""The longest wait for a lock, in either database."""
_WAL_SECONDS = 5.0
_CONNECT_SECONDS = 5
_log = logging.getLogger(__name__)


def engine_options(url: str, module: ModuleType | None = None, schema: str = "") -> dict[str, Any]:
    """Return the arguments of ``create_engine`` for a database URL.

    Values are left out of the messages of errors, which are logged. SQLite forgets the pages
    of a connection when another one writes, so the connection that was used last is used next.

    Args:
        url: the database.
        module: the SQLite library; by default the preferred one.
        schema: the PostgreSQL schema that tables are created and found in first.
    """
    if make_url(url).get_backend_name() == "sqlite":
        options = {"module": module or preferred_module(), "hide_parameters": True}
        in_memory = database_file(url, Path.cwd()) is None  # which has one connection
        return options if in_memory else {**options, "pool_use_lifo": True}
    connect: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "fallback_application_name": APPLICATION,
    }
    if schema:
        connect["options"] = f"-csearch_path={schema},public"
    return {"pool_pre_ping": True, "connect_args": connect, "hide_parameters": True}


def prepare(engine: Engine) -> None:
    """Add the listeners that prepare connections: see above."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _bound_waits)
    if engine.dialect.name != "sqlite":
        return
    _guard_file(engine)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _bound_waits(connection: Any, _record: Any) -> None:
    """Bound the waits of a new PostgreSQL connection for a lock.

    By a statement: poolers such as PgBouncer refuse connections with start-up options.
    """
    connection.autocommit = True  # a roll-back would take the setting back
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {BUSY_MILLISECONDS}")
    connection.autocommit = False


def _guard_file(engine: Engine) -> None:
    """Refuse connections and writes while the path leads to another file than the opened one."""
    url = engine.url.render_as_string(hide_password=False)
    path = database_file(url, Path.cwd())
    if path is None:
        return
    guard = file_guard.watch(engine, path)

    def before_connect(*_arguments: object) -> None:
        guard.check()  # SQLite would create an empty file in the place of one that was moved

    def after_connect(*_arguments: object) -> None:
        guard.remember()

    def before_write(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITE):
            guard.check()

    event.listen(engine, "do_connect", before_connect)
    event.listen(engine, "connect", after_connect)
    event.listen(engine, "begin", before_write)


def _on_connect(connection: Any, _record: Any) -> None:
    """Set the pragmas of a new connection and switch off the driver's implicit BEGIN."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """Switch a database to WAL, once and for all; SQLite's busy timeout does not apply to this.

    A host's database stays in its mode if the host uses it without a pause; commits are durable
    in every mode.
    """
    deadline = monotonic() + _WAL_SECONDS
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except Exception as error:  # OperationalError of either library
            if "locked" not in str(error):
                raise
            if monotonic() > deadline:
                _log.warning("the database is in use and could not be switched to WAL: %s", error)
                return
            sleep(0.01)


def _on_begin(connection: Connection) -> None:
    """Begin a transaction, as a writer if the connection has the ``WRITE`` option."""
    writes = connection.get_execution_options().get(WRITE)
    prepared.run_text(connection, "BEGIN IMMEDIATE" if writes else "BEGIN")
