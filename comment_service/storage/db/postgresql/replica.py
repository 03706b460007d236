"""Read public pages from a streaming replica of the PostgreSQL server, while it is up to date.

A request that only reads what everybody sees may read from the replica. Before its first query, the
primary tells how far its log is on the disk, and the replica whether it shows all of that; if so,
nothing that was committed before the request can be missing from the answer. The replica has a few
milliseconds to catch up. If it is behind, does not answer or answers slowly, the primary is read,
and the replica is asked again after a while: by one request, while the others do not wait for it.
"""

import logging
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, event, text
from sqlalchemy.exc import SQLAlchemyError

from comment_service.storage.db.engine import engine_options

BIND = "replica"
"""Name of the replica among the engines of an app."""
USED, BEHIND, LOST, UNTRIED = "used", "behind", "unreachable", "untried"
WAIT_SECONDS = 1.0
"""How long one request waits for the replica's answers, all together."""
CATCH_UP_SECONDS = 0.05
BEHIND_PAUSE, LOST_PAUSE = 1.0, 10.0
"""Seconds until a replica that was behind, or did not answer, is asked again."""
_POLL_SECONDS = 0.002
_CONNECT_SECONDS = 2
_QUIET_SECONDS = 60.0
"""A replica that is behind again and again is logged once in this time."""

# What is committed without waiting for the disk can be seen before it is in the flushed log.
_POSITION = text(
    "SELECT CASE current_setting('synchronous_commit') WHEN 'off' "
    "THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END"
)
_SHOWS = text("SELECT pg_last_wal_replay_lsn() >= CAST(:position AS pg_lsn)")
_SERVER = text("SELECT system_identifier FROM pg_control_system()")
_FOLLOWED = text("SELECT system_identifier FROM pg_control_system() WHERE pg_is_in_recovery()")
_ENDED = {"57014", "40001"}
"""Codes of a statement that the server ended: by the timeout, or because of a conflict."""
_log = logging.getLogger(__name__)


@dataclass
class Reads:
    """What one request reads: from the primary, or from the replica if ``engine`` is set."""

    replica: "Replica"
    engine: Engine | None = None
    chosen: bool = False
    failed: bool = False
    waited: float = 0.0  # seconds, for the replica


_reads: ContextVar[Reads | None] = ContextVar("comments_reads", default=None)


def engine() -> Engine | None:
    """Return the replica's engine if the current request reads from it.

    The first call of a request decides, which takes a query to each server.
    """
    found = _reads.get()
    if found is None:
        return None
    if not found.chosen:
        found.chosen = True
        found.engine = found.replica.current()
    return found.engine


def leave() -> None:
    """Read from the primary for the rest of the request, because it writes."""
    found = _reads.get()
    if found is not None:
        found.chosen, found.engine = True, None


def note_failure(error: Exception) -> bool:
    """Return True if the request failed on the replica; then the primary can answer it.

    A statement that took too long, or was ended because its rows went, says nothing against the
    replica: only this request is answered by the primary.
    """
    found = _reads.get()
    if found is None or found.engine is None:
        return False
    found.failed = True
    if getattr(getattr(error, "orig", None), "sqlstate", None) not in _ENDED:
        found.replica.lose(error)
    return True


def options(url: str, schema: str) -> dict[str, Any]:
    """Return the URL of a replica with the arguments of ``create_engine``."""
    found = engine_options(url, schema=schema)
    found["connect_args"]["connect_timeout"] = _CONNECT_SECONDS
    return {"url": url, "pool_timeout": WAIT_SECONDS, **found}


class Replica:
    """A streaming replica of the app's database."""

    def __init__(self, primary: Engine, replica: Engine) -> None:
        """Bound the waits of the replica's new connections."""
        self._engine = replica
        self._primary = primary.execution_options(isolation_level="AUTOCOMMIT")
        self._replica = replica.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(replica, "connect", _prepare)
        if replica.dialect.driver == "psycopg":
            event.listen(replica, "do_connect", _connect)
        self.renew_in_child()

    def renew_in_child(self) -> None:
        """Forget what is known of the replica, and the parent's connections."""
        self._engine.dispose(close=False)
        self._lock = threading.Lock()
        self.state = UNTRIED
        self._again = self._quiet_until = 0.0
        self._told = False

    @contextmanager
    def reads(self) -> Iterator[Reads]:
        """Let the queries in the block go to the replica; they must only read what is public."""
        found = Reads(self)
        token = _reads.set(found)
        try:
            yield found
        finally:
            _reads.reset(token)

    def current(self) -> Engine | None:
        """Return the engine if the replica shows all that is committed now, None otherwise."""
        if self.state == USED:
            return self._engine if self._shows_all(first=False) else None
        if monotonic() < self._again or not self._lock.acquire(blocking=False):
            return None
        try:
            return self._engine if self._shows_all(first=True) else None
        finally:
            self._lock.release()

    def lose(self, error: Exception) -> None:
        """Stop to use the replica because it failed, and close its connections."""
        reason = (str(getattr(error, "orig", None) or error).strip().splitlines() or [""])[0]
        self._pause(LOST, f"does not answer ({reason})")
        self._engine.dispose()

    def _shows_all(self, *, first: bool) -> bool:
        """Compare the two servers; ``first`` compares who they are, too.

        Raises:
            SQLAlchemyError: the primary does not answer; then nothing can be served anyway.
        """
        with self._primary.connect() as primary:
            position = str(primary.scalar(_POSITION))
            server = primary.scalar(_SERVER) if first else None
        try:
            with self._replica.connect() as replica:
                if first and replica.scalar(_FOLLOWED) != server:
                    self._pause(LOST, "is not a streaming replica of this server")
                    return False
                shown = _wait_for(replica, _SHOWS, position)
        except SQLAlchemyError as error:
            self.lose(error)
            return False
        if shown:
            self._use()
        else:
            self._pause(BEHIND, "is behind")
        return shown

    def _use(self) -> None:
        self.state = USED
        if self._told:
            self._told = False
            _log.warning("public pages are read from the replica again")

    def _pause(self, state: str, why: str) -> None:
        now = monotonic()
        changed, self.state = state != self.state, state
        self._again = now + (BEHIND_PAUSE if state == BEHIND else LOST_PAUSE)
        if changed and (state == LOST or now >= self._quiet_until):
            self._told, self._quiet_until = True, now + _QUIET_SECONDS
            _log.warning("public pages are read from the primary: the replica %s", why)


def _wait_for(connection: Connection, condition: TextClause, position: str) -> bool:
    """Return True as soon as a condition holds, False if it does not in a short time."""
    until = monotonic() + CATCH_UP_SECONDS
    while not connection.scalar(condition, {"position": position}):
        if monotonic() >= until:
            return False
        sleep(_POLL_SECONDS)
    return True


def _prepare(connection: Any, _record: Any) -> None:
    """Let the server end a statement that nobody waits for any more."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {int(1000 * WAIT_SECONDS)}")
    connection.autocommit = False


def _connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
    """Open a connection that waits for the server for a bounded time.

    The server's own bound is of no use if the server, or the network, has stopped.
    """
    import psycopg  # only installed for PostgreSQL

    class Bounded(psycopg.Connection[Any]):
        def wait(self, gen: Any, *more: Any, **named: Any) -> Any:
            begun, found = monotonic(), _reads.get()
            before = 0.0 if found is None else found.waited
            try:
                return super().wait(_until(gen, begun + WAIT_SECONDS - before), *more, **named)
            except TimeoutError as error:
                self.pgconn.finish()
                raise psycopg.OperationalError("no answer in time") from error
            finally:
                if found is not None:
                    found.waited = before + monotonic() - begun

    return Bounded.connect(*arguments, **named)


def _until(waits: Generator[Any, Any, Any], until: float) -> Generator[Any, Any, Any]:
    """Run what waits for a server, which is told ten times a second that nothing has come.

    Raises:
        TimeoutError: it was still waiting at a time.
    """
    ready = None
    while True:
        try:
            wanted = waits.send(ready)
        except StopIteration as end:
            return end.value
        ready = yield wanted
        if not ready and monotonic() >= until:
            raise TimeoutError
