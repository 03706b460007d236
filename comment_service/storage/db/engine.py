"""Open the database: SQLite with durable settings, PostgreSQL with its defaults.

SQLite: WAL with ``synchronous=FULL`` (a commit survives a power cut), foreign keys on, a busy
timeout, and an explicit BEGIN, because the driver's implicit one breaks savepoints and DDL. Writers
start with ``BEGIN IMMEDIATE``: a deferred transaction that becomes a writer later can fail. The
writers of one process take turns (``Turns``).
"""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, get_ident
from time import monotonic, sleep
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import TimeoutError

from comment_service import forking
from comment_service.storage.db import file_guard, prepared
from comment_service.storage.db.sqlite_driver import database_file, preferred_module

WRITE = "comments_write"
"""Execution option of a connection that will write."""

APPLICATION = "comment-service"
"""Name of the service's connections in PostgreSQL's list of activity."""
BUSY_MILLISECONDS = 10_000
_WAL_SECONDS = 5.0
_CONNECT_SECONDS = 5
_log = logging.getLogger(__name__)


def engine_options(url: str, module: ModuleType | None = None, schema: str = "") -> dict[str, Any]:
    """Return the arguments of ``create_engine`` for a database URL.

    Values are left out of the messages of errors, which are logged.

    Args:
        url: the database.
        module: the SQLite library; by default the preferred one.
        schema: the PostgreSQL schema that tables are created and found in first.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return {"module": module or preferred_module(), "hide_parameters": True}
    connect: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "fallback_application_name": APPLICATION,
    }
    if schema:
        connect["options"] = f"-csearch_path={schema},public"
    return {"pool_pre_ping": True, "connect_args": connect, "hide_parameters": True}


def prepare(engine: Engine) -> None:
    """Add the listeners that make SQLite durable and start its transactions explicitly."""
    if engine.dialect.name != "sqlite":
        return
    _guard_file(engine)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


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


class Turns:
    """Lets the writers of one process write in the order in which they came.

    SQLite lets a writer that meets another one sleep and look again, after longer and longer times:
    the write lock is often free while all sleep, and the writer that came last may get it first.
    Here a writer that is done wakes the one that has waited longest. Writers of other
    processes, and the hourly statistics, are met in SQLite's way.
    """

    def __init__(self) -> None:
        self.slow_milliseconds = 0.0  # longer waits are logged; 0 logs none
        self.renew_in_child()
        forking.renew_in_child(self)

    def renew_in_child(self) -> None:
        """Forget the threads of the parent of a fork."""
        self._lock = Lock()
        self._waiting: deque[Lock] = deque()
        self._writer: int | None = None  # the thread whose turn it is; 0 while it is handed on

    def waiting(self) -> int:
        """Return how many writers wait for their turn."""
        return len(self._waiting)

    @contextmanager
    def turn(self, seconds: float = BUSY_MILLISECONDS / 1000) -> Iterator[None]:
        """Wait for this thread's turn, and keep it during the block.

        A block within a block of the same thread waits for nothing.

        Raises:
            TimeoutError: SQLAlchemy's; the turn did not come within ``seconds``.
        """
        begun = monotonic()
        if self._writer == get_ident():
            yield
            return
        if not self._take(seconds):
            raise TimeoutError(f"other writers kept the database for {seconds:.0f} seconds")
        try:
            waited = (monotonic() - begun) * 1000
            if self.slow_milliseconds and waited >= self.slow_milliseconds:
                _log.warning("a writer waited %.0f ms for its turn", waited)
            yield
        finally:
            self._hand_on()

    def _take(self, seconds: float) -> bool:
        """Return True once it is this thread's turn, False if that takes too long."""
        own = Lock()
        with self._lock:
            is_free = self._writer is None
            if is_free:
                self._writer = get_ident()
            else:
                own.acquire()
                self._waiting.append(own)
        if is_free:
            return True
        try:
            in_time = own.acquire(timeout=seconds)
            with self._lock:
                if not in_time and own in self._waiting:
                    self._waiting.remove(own)
                    return False
                self._writer = get_ident()
        except BaseException:  # a signal, or the end of a green thread
            self._give_up(own)
            raise
        return True

    def _give_up(self, own: Lock) -> None:
        """Leave the queue; a turn that has come meanwhile goes to the next."""
        with self._lock:
            if own in self._waiting:
                self._waiting.remove(own)
                return
        self._hand_on()

    def _hand_on(self) -> None:
        with self._lock:
            self._writer = 0 if self._waiting else None
            if self._waiting:
                self._waiting.popleft().release()
