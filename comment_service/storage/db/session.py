"""The database session, and the only place that commits.

``transaction()`` begins as a writer, commits, and then sends the signals announced inside it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as BoundSession
from sqlalchemy import Connection, Engine, bindparam, event, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from comment_service import events
from comment_service.storage.db import changes, file_guard, prepared, slow_queries
from comment_service.storage.db.engine import WRITE, engine_options, prepare
from comment_service.storage.db.generations import Generations
from comment_service.storage.db.postgresql import replica
from comment_service.storage.db.postgresql.replica import Replica
from comment_service.storage.db.turns import Gate, Turns
from comment_service.storage.tables.base import Base

StorageError = SQLAlchemyError
"""Exceptions raised by a database that cannot do what it was asked."""


def describe(error: Exception) -> str:
    """Return an error's kind and first line; a database error's further lines have the values."""
    reason = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {reason}"


class _Session(BoundSession):
    """A session whose queries go to the replica while the request reads from it."""

    def get_bind(
        self,
        mapper: Any | None = None,
        clause: Any | None = None,
        bind: Engine | Connection | None = None,
        **more: Any,
    ) -> Engine | Connection:
        """Return the engine for a query."""
        return super().get_bind(mapper, clause, bind or replica.engine(), **more)


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"class_": _Session})
_ANNOUNCED = "comments_announced"
_GENERATIONS = "comments_generations"
_ON_ANNOUNCED = "comments_on_announced"
_REPLICA = "comments_replica"
_TURNS = "comments_turns"

OnAnnounced = Callable[[Session, Sequence[events.Announcement]], None]
"""Stores, in the same transaction, what follows from the events that it announced."""


def init_app(
    app: Flask,
    url: str,
    module: ModuleType | None = None,
    schema: str = "",
    *,
    replica_url: str = "",
    generations: Path | None = None,
    on_announced: OnAnnounced | None = None,
) -> None:
    """Bind the app to its database; ``module`` and ``schema`` as in ``engine_options``.

    ``replica_url`` is a streaming replica from which public pages may be read.
    ``generations`` is the file through which processes tell each other what they changed.
    ``on_announced`` is called before each commit of a transaction that announced events.
    """
    app.extensions[_ON_ANNOUNCED] = on_announced
    app.extensions[_GENERATIONS] = Generations(generations)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url, module, schema)
    if replica_url:
        app.config["SQLALCHEMY_BINDS"] = {replica.BIND: replica.options(replica_url, schema)}
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            prepare(engine)
        found = db.engines.get(replica.BIND)
        app.extensions[_REPLICA] = None if found is None else Replica(db.engine, found)
        app.extensions[_TURNS] = _turns(generations) if db.engine.dialect.name == "sqlite" else None


def _turns(generations: Path | None) -> Turns:
    return Turns(Gate(generations.with_name("writers")) if generations is not None else None)


def log_slow_queries(app: Flask, milliseconds: float) -> None:
    """Log statements, and waits of writers, that take longer, without values; 0 logs none."""
    if milliseconds:
        with app.app_context():
            for engine in db.engines.values():
                slow_queries.watch(engine, milliseconds)
        turns: Turns | None = app.extensions[_TURNS]
        if turns is not None:
            turns.slow_milliseconds = milliseconds


@event.listens_for(db.session, "after_flush")
def _after_flush(current: Session, _context: object) -> None:
    changes.collect_rows(current)


@event.listens_for(db.session, "do_orm_execute")
def _before_statement(state: ORMExecuteState) -> None:
    changes.collect_statement(state)


@event.listens_for(db.session, "after_begin")
def _after_begin(
    current: Session, _transaction: SessionTransaction, connection: Connection
) -> None:
    prepared.remember(current, connection)


@event.listens_for(db.session, "after_transaction_create")
def _after_create(current: Session, _transaction: SessionTransaction) -> None:
    """Let the session ask for its connection again: that is what sets a savepoint."""
    prepared.remember(current, None)


@event.listens_for(db.session, "after_transaction_end")
def _after_end(current: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        prepared.remember(current, None)


@event.listens_for(db.session, "after_commit")
def _after_commit(current: Session) -> None:
    """Change the generations of what was committed; a savepoint commits nothing yet."""
    if not current.in_nested_transaction():
        places = changes.take(current)
        if places:
            generations_of(current_app).change(places)


@event.listens_for(db.session, "after_soft_rollback")
def _after_rollback(current: Session, ended: SessionTransaction) -> None:
    """Forget what was not committed; a savepoint takes back a part only."""
    if not ended.nested:
        changes.take(current)


def generations_of(app: Flask) -> Generations:
    """Return the generations of an app's database."""
    found: Generations = app.extensions[_GENERATIONS]
    return found


def replica_of(app: Flask) -> Replica | None:
    """Return the replica from which an app reads public pages, None if it has none."""
    found: Replica | None = app.extensions[_REPLICA]
    return found


def forget_connections(app: Flask) -> None:
    """Leave the parent's connections alone in the child of a fork, and open new ones on demand."""
    with app.app_context():
        db.engine.dispose(close=False)
    other = replica_of(app)
    if other is not None:
        other.renew_in_child()


def close_connections(app: Flask) -> None:
    """Close all connections, for example before workers are forked."""
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def session() -> Session:
    """Return the session of the current request or command."""
    current: Session = db.session()
    return current


@contextmanager
def transaction(*, keep_loaded: bool = False) -> Iterator[Session]:
    """Commit everything the block did, or nothing; then send the announced signals.

    Ends what the session read before: SQLite cannot safely upgrade a transaction that reads first
    and writes later. With ``keep_loaded`` the rows keep the values that were loaded or flushed in
    the block, so that an answer built from them reads nothing again.
    """
    current = session()
    current.rollback()
    replica.leave()
    current.expire_on_commit = not keep_loaded
    current.info[_ANNOUNCED] = []
    with _turn():
        current.connection(execution_options={WRITE: True})
        try:
            yield current
            _store_announced(current)
            current.commit()
            file_guard.check(current.get_bind().engine)  # else a deleted file may have got the rows
        except BaseException:
            current.rollback()
            raise
    events.deliver(current.info.pop(_ANNOUNCED), wait=current_app.testing)


def _turn() -> AbstractContextManager[None]:
    """Return the turn of this thread among those that write to SQLite."""
    turns: Turns | None = current_app.extensions[_TURNS]
    return nullcontext() if turns is None else turns.turn()


def _store_announced(current: Session) -> None:
    announced, store = current.info[_ANNOUNCED], current_app.extensions[_ON_ANNOUNCED]
    if announced and store is not None:
        store(current, announced)


def is_alive() -> bool:
    """Return True if the database answers.

    Raises:
        StorageError: it does not.
    """
    return session().execute(text("SELECT 1")).scalar() == 1


_SERIALISE = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))


def serialise(current: Session, name: str) -> None:
    """Let only one transaction at a time hold this name, until it ends.

    On SQLite every writing transaction is alone anyway.
    """
    if current.get_bind().dialect.name == "postgresql":
        prepared.rows(current, _SERIALISE, name=name)


def announce(current: Session, signal: str, sender: str, **payload: object) -> None:
    """Send ``signal`` to its listeners after the commit."""
    current.info[_ANNOUNCED].append(events.Announcement(signal, sender, payload))
